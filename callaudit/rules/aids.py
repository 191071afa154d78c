"""What a judgement may use besides the call; with none of it every rule still gives a verdict, or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from callaudit.meaning.encoder import Encoder as Encoder
from callaudit.rules.past import NO_HISTORY, Others

Reply = Literal["broken", "kept", "no_occasion", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Line:
    """A turn as a reader sees it."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader is asked: whether a rule was broken, and the lines that it may see, numbered from 1."""

    text: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader says: the words it rests on are `lines[line].text[start:end]` of the question (line from 0).

    None of the three where the reply needs no words ("no_occasion", "cannot_tell").
    """

    reply: Reply
    line: int | None = None
    start: int | None = None
    end: int | None = None


class Reader(Protocol):
    """Someone who understands what is read to them: a language model."""

    @property
    def name(self) -> str:
        """Name and version, for the audit."""

    def read(self, question: Question) -> Answer | None:
        """The answer, resting on words that stand in the question's lines; None where there is none to be had."""


@dataclass(frozen=True, slots=True)
class Aids:
    """What is at hand: `encoder` compares by meaning, `reader` answers what neither words nor meaning decide.

    `history` are other calls of the same customers and agents.
    """

    encoder: Encoder | None = None
    reader: Reader | None = None
    history: Others = NO_HISTORY


NO_AIDS = Aids()
