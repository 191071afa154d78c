"""The truth about a call, as a person or a synthesiser wrote it down.

None means that nobody labelled it, and then nothing is counted; an empty tuple means that there is none of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from callaudit.spans import Span, intersect

Role = Literal["agent", "customer", "other"]
Label = Literal["violated", "passed", "not_applicable"]


@dataclass(frozen=True, slots=True)
class TruthRing:
    """Ringing before the answer; `count` is None for music in place of the tone, or where nobody counted."""

    kind: Literal["tone", "music"]
    answer_s: float
    count: int | None


@dataclass(frozen=True, slots=True)
class TrueChar:
    """One character as it is spoken."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class TruthTurn:
    """What one person says without a break; `n_chars` is how many characters that are, punctuation left out."""

    role: Role
    span: Span
    text: str | None
    chars: tuple[TrueChar, ...] = ()
    level_dbov: float | None = None
    rate_cpm: float | None = None
    n_chars: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is known of one call; `ring_labelled` tells a call without ringing from one nobody looked at.

    `rules` holds what a reviewer gave for each rule that he judged; `duration_s` and `layout` are None where the
    recording is to be asked; `channels` names the role on each channel, where somebody said.
    """

    id: str
    audio: str | None
    duration_s: float | None
    layout: Literal["stereo", "mono"] | None
    ring_labelled: bool
    ring: TruthRing | None
    turns: tuple[TruthTurn, ...] | None
    holds: tuple[Span, ...] | None
    events: tuple[Span, ...]
    overlaps: tuple[Span, ...] | None
    hangup_by: Literal["agent", "customer"] | None
    hangup_at_s: float | None
    rules: tuple[tuple[str, Label], ...]
    channels: tuple[str, ...] = ()

    def speech_of(self, role: Role) -> tuple[Span, ...]:
        """When that role speaks; nothing where turns are not labelled."""
        return tuple(turn.span for turn in self.turns or () if turn.role == role)

    def talked_over(self) -> tuple[Span, ...] | None:
        """When agent and customer speak at once: as labelled, else from the turns."""
        if self.overlaps is not None or self.turns is None:
            return self.overlaps
        return intersect(self.speech_of("agent"), self.speech_of("customer"))

    def speech_by_channel(self, n_channels: int) -> dict[int, tuple[Span, ...]] | None:
        """When each channel of the recording speaks; None where the label does not say."""
        if self.turns is None:
            return None
        if n_channels == 1:
            return {0: tuple(turn.span for turn in self.turns)}
        if sorted(self.channels) != ["agent", "customer"]:
            return None
        return {k: tuple(t.span for t in self.turns if t.role == role) for k, role in enumerate(self.channels)}

    @property
    def last_s(self) -> float:
        """The latest time that anything of the label names."""
        ends = [span.end_s for span in (*self.events, *(self.holds or ()), *(t.span for t in self.turns or ()))]
        return max([*ends, self.hangup_at_s or 0.0, self.ring.answer_s if self.ring else 0.0])
