"""What a night came to: its figures, as every form of the summary tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callaudit.messages import Language
from callaudit.records import Severity, Verdict

LEAST_CALLS: Final = 10
"""An agent with fewer calls is listed and not ranked: the mean of a handful says more about the callers."""

VERDICTS: Final[tuple[Verdict, ...]] = ("pass", "review", "fail")


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """A rule over the calls: in how many it was broken, kept, or could not be told; `times` counts every breach.

    `severity` is the gravest with which it was broken, None where it never was.
    """

    rule: str
    title: str
    severity: Severity | None
    n_violated: int
    n_passed: int
    n_unassessed: int
    times: int

    @property
    def n_applied(self) -> int:
        """Calls that it applied to and that could be judged by it."""
        return self.n_violated + self.n_passed

    @property
    def share(self) -> float | None:
        """Share in [0, 1] of the calls it applied to that broke it; None where it applied to none."""
        return self.n_violated / self.n_applied if self.n_applied else None


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """An agent over the calls; `agent_id` is empty for calls of whom nobody knows who took them.

    `mean_score` is in points out of 100, None where no call could be scored. `ranked`: there are enough calls to hold
    the agent against others.
    """

    agent_id: str
    name: str
    team: str
    n_calls: int
    audio_s: float
    mean_score: float | None
    verdicts: Mapping[Verdict, int]
    n_violated: int
    n_critical: int
    ranked: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of a night.

    `audio_s` is the length of all calls; `heard` and `heard_audio_s` those of them that were heard by this run, which
    its throughput rests on. Times of the run are None where no run was named, `ended_at` also while it goes on.
    `mean_score` is None where no call could be scored. `rules` hold every rule that applied to a call, the most often
    broken first; `agents` those with enough calls first, the lowest mean first. `failures` count by cause the
    recordings that failed in this run, `n_quarantined` those that failed before it and were not tried again, `n_later`
    those that wait for another attempt or for the next run, `n_duplicates` file names beyond the first of a recording,
    `masked` places of personal data by kind, `n_incomplete` calls in which a rule crashed. `stopped` says what ended
    the run early. `as_of` is when the run ended, or else the last judgement was made.
    """

    kind: str | None
    started_at: datetime | None
    ended_at: datetime | None
    n_calls: int
    audio_s: float
    n_heard: int
    heard_audio_s: float
    verdicts: Mapping[Verdict, int]
    mean_score: float | None
    n_scored: int
    n_incomplete: int
    rules: tuple[RuleFigures, ...]
    agents: tuple[AgentFigures, ...]
    failures: tuple[tuple[str, int], ...]
    n_later: int
    n_duplicates: int
    masked: tuple[tuple[str, int], ...]
    n_quarantined: int = 0
    stopped: str | None = None
    as_of: datetime | None = None
    least_calls: int = LEAST_CALLS
    language: Language = "zh"

    @property
    def n_failed(self) -> int:
        """Recordings that could not be audited in this run."""
        return sum(n for _, n in self.failures)

    @property
    def is_incomplete(self) -> bool:
        """Whether something that was found was not audited; what is in the quarantine from before was told then."""
        return bool(self.n_failed or self.n_later or self.n_incomplete or self.stopped)

    @property
    def broken(self) -> tuple[RuleFigures, ...]:
        """The rules that were broken at all, worst first."""
        return tuple(rule for rule in self.rules if rule.n_violated)

    @property
    def took_s(self) -> float | None:
        """Seconds that the run took; None where it has not ended."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())

    @property
    def calls_per_hour(self) -> float | None:
        """Calls heard in an hour of the run."""
        return self.n_heard * 3600 / self.took_s if self.took_s else None

    @property
    def audio_hours_per_hour(self) -> float | None:
        """Hours of sound heard in an hour of the run."""
        return self.heard_audio_s / self.took_s if self.took_s else None
