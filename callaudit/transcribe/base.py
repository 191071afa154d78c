"""What a recogniser is to the rest of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from callaudit.progress import SILENT, Progress
from callaudit.records import Audio, Reading, Word
from callaudit.spans import Span


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words of each channel in the order of time.

    `words` has an entry for every channel whose speech was given, empty where nothing was understood. Every word lies
    inside that channel's speech. `language` is a code such as ``zh`` or ``en``; `language_prob` in [0, 1] is 1.0 where
    the caller named the language. `notes` says, one sentence each, what was left out and why. `readings` are, per
    channel in the order of time, other ways to hear the stretches that were heard a second time; none by default.
    """

    words: Mapping[int, tuple[Word, ...]]
    language: str
    language_prob: float
    notes: tuple[str, ...] = field(default=())
    readings: Mapping[int, tuple[Reading, ...]] = field(default_factory=dict)


@runtime_checkable
class Transcriber(Protocol):
    """Turns the speech of a recording into words.

    `name` and `sha256` say which model; the digest is None where there are no weights.
    """

    @property
    def name(self) -> str:
        """Name of the model, for `MadeBy`."""
        ...

    @property
    def sha256(self) -> str | None:
        """Digest of the weights, or None."""
        ...

    def transcribe(
        self,
        audio: Audio,
        speech: Mapping[int, tuple[Span, ...]],
        *,
        language: str | None = None,
        progress: Progress = SILENT,
    ) -> Transcript:
        """Words heard in the speech of each channel; the language is found from the speech where it is None."""
        ...


@runtime_checkable
class Loadable(Protocol):
    """A recogniser whose model can be loaded ahead of the first recording."""

    def load(self) -> None:
        """Load the model, so that one that is missing or broken is told of at once."""
        ...
