"""How fast a run is getting on, and when it will be done at that pace."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from callaudit.batch.standing import Standing

WINDOW_S = 600.0
"""The pace is that of the last so many seconds: calls of the evening are longer than those of the morning."""
STEP_S = 5.0
"""Between two points that are remembered."""


@dataclass(slots=True)
class Pace:
    """Told of every standing; the pace is that of the last ten minutes."""

    _points: deque[tuple[float, int, float, int]] = field(default_factory=lambda: deque([(0.0, 0, 0.0, 0)]))
    _now: Standing = field(default_factory=Standing)

    def tell(self, standing: Standing) -> None:
        """The run stands so now."""
        self._now = standing
        if standing.elapsed_s - self._points[-1][0] >= STEP_S:
            self._points.append((standing.elapsed_s, standing.n_done, standing.audio_s, standing.n_settled))
        while len(self._points) > 2 and self._points[1][0] <= standing.elapsed_s - WINDOW_S:
            self._points.popleft()

    @property
    def calls_per_hour(self) -> float | None:
        """Calls done in an hour at this pace; None until one is done."""
        return self._per_hour(self._now.n_done - self._points[0][1])

    @property
    def audio_hours_per_hour(self) -> float | None:
        """Hours of sound heard in an hour at this pace; None until a call is done."""
        seconds = self._per_hour(self._now.audio_s - self._points[0][2])
        return None if seconds is None else seconds / 3600

    @property
    def left_s(self) -> float | None:
        """Seconds until all that was found is settled; None while more is being found, or nobody can tell."""
        per_hour = self._per_hour(self._now.n_settled - self._points[0][3])
        if per_hour is None or self._now.is_listing:
            return None
        return self._now.n_waiting * 3600 / per_hour

    def _per_hour(self, amount: float) -> float | None:
        spent_s = self._now.elapsed_s - self._points[0][0]
        return amount * 3600 / spent_s if amount > 0 and spent_s > 0 else None
