"""How rules point at moments and stretches of a call: cues (situations) and windows, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from callaudit.meaning import Meaning
from callaudit.rules.base import options
from callaudit.text.patterns import check

Who = Literal["agent", "customer", "any"]
Anchor = Literal["any", "start", "end", "whole"]


def _readable(phrase: str) -> str:
    check(phrase)  # its ValueError says what is wrong
    return phrase


Phrase = Annotated[str, AfterValidator(_readable)]
Phrases = Annotated[tuple[Phrase, ...], Field(min_length=1)]
"""Phrases of `callaudit.text.phrases`, any one of which will do; '@name' has been replaced by then."""


def _as_meanings(given: Any) -> Any:
    return (given,) if isinstance(given, dict | Meaning) else given


Meanings = Annotated[tuple[Meaning, ...], BeforeValidator(_as_meanings)]
"""Meanings, any one of which will do; a rulebook writes their names, which have been replaced by then."""

CUE_LEAST = 0.75
"""Score from which a phrase counts as the sign of a situation: between `say` (lenient) and `never_say` (strict)."""


@options
class Cue:
    """How a situation is recognised in a turn; everything that is given must hold.

    `words` any one is heard, not inside an `exempt` one; `not_with`: none of these is; `question`: the turn asks
    something; `digits` spoken digits in a row; characters and seconds bound the turn; `first_turns` counts the
    speaker's own turns; `gap_before_s` of silence lies before it; `fainter_db`: so much below the other party's level.
    Where none of the `words` is heard, one of the things that it `means` will do. With one of `taken_back`, in
    the rest of the turn or in his next one, the speaker takes it back.
    """

    title: str | None = None
    who: Who = "customer"
    words: tuple[Phrase, ...] = ()
    exempt: tuple[Phrase, ...] = ()
    not_with: tuple[Phrase, ...] = ()
    taken_back: tuple[Phrase, ...] = ()
    means: Meanings = ()
    anchor: Anchor = "any"
    question: bool | None = None
    digits: Annotated[int, Field(ge=1)] | None = None
    least_chars: int | None = None
    most_chars: int | None = None
    least_s: float | None = None
    most_s: float | None = None
    first_turns: Annotated[int, Field(ge=1)] | None = None
    gap_before_s: float | None = None
    fainter_db: float | None = None
    least: Annotated[float, Field(gt=0, le=1)] = CUE_LEAST

    def __post_init__(self) -> None:
        asks = (self.words, self.question is not None, self.digits, self.least_chars, self.most_chars, self.least_s)
        if not any((*asks, self.most_s, self.gap_before_s, self.first_turns, self.fainter_db)):
            raise ValueError("a cue needs words or another sign to go by")


@dataclass(frozen=True, slots=True)
class Cues:
    """One or more situations, any of which will do: names of situations.yaml and cues written in place."""

    names: tuple[str, ...] = ()
    inline: tuple[Cue, ...] = ()


def _as_cues(given: Any) -> Any:
    """From what YAML holds: a name, a mapping, or a list of them."""
    if isinstance(given, str):
        return {"names": (given,)}
    if isinstance(given, dict):
        return {"inline": (given,)}
    if isinstance(given, list) and given:
        names = tuple(item for item in given if isinstance(item, str))
        return {"names": names, "inline": tuple(item for item in given if not isinstance(item, str))}
    return given


CueRef = Annotated[Cues, BeforeValidator(_as_cues)]


@options
class Where:
    """A window of the call; a turn is in it if everything given holds for it."""

    named: Literal["anywhere", "greeting", "opening", "closing"] = "anywhere"
    first: Annotated[int, Field(ge=1)] | None = None
    last: Annotated[int, Field(ge=1)] | None = None
    first_s: float | None = None
    last_s: float | None = None
    last_share: Annotated[float, Field(gt=0, le=1)] | None = None
    after: CueRef | None = None
    before: CueRef | None = None


WINDOWS = {
    "anywhere": {},
    "greeting": {"named": "greeting"},
    "opening": {"named": "opening"},
    "closing": {"named": "closing"},
    "first": {"first": 1},
    "last": {"last": 1},
}


def _as_where(given: Any) -> Any:
    if isinstance(given, str):
        if given not in WINDOWS:
            raise ValueError(f"no window is named {given!r}; wanted one of {', '.join(WINDOWS)} or a mapping")
        return WINDOWS[given]
    return given


Window = Annotated[Where, BeforeValidator(_as_where)]


@options
class Part:
    """One thing that must be said; `name` stands for it in messages, `means` is what will do in other words.

    `given`: situations after which it need not be said, such as a number given unasked.
    """

    name: str
    any: Phrases
    means: Meanings = ()
    given: CueRef | None = None
