"""What a rule asked about the words of a call, so that it need not be judged again where other words answer the same.

A rule that asks the same questions and gets the same answers comes to the same outcome. So a reading of a turn changes
a rule only where it changes the answer to something that the rule asked about the words of that turn: which phrases
are heard in it, which situations it is, what `Facts` tells of it. What looks at the words in any other way depends on
the whole turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from callaudit.records import Turn
from callaudit.rules.cues import Anchor, Cue

if TYPE_CHECKING:
    from callaudit.rules.facts import Facts

Answer = TypeVar("Answer")
Question = Callable[["Facts", int], object]
Listened = tuple[str, Anchor, float]
"""A phrase, where in a turn it is wanted, and the score it must have."""

_WORDS = frozenset({"words", "text", "readings"})
"""What a reading changes of a turn."""


class Asked:
    """Questions noted: phrases listened for in whatever turns, situations, questions about a turn, turns read."""

    def __init__(self) -> None:
        self.phrases: set[Listened] = set()
        self.cues: set[Cue] = set()
        self.turns: dict[int, set[Question]] = {}
        self.read: set[int] = set()

    def of_turn(self, question: Callable[[Facts, int], Answer], facts: Facts, turn: int) -> Answer:
        """The answer to a question about one turn; what it looks at is not noted, but that it was asked."""
        self.turns.setdefault(turn, set()).add(question)
        with self.unnoted():
            return question(facts, turn)

    def of_words(self, *turns: int) -> None:
        """Notes that the words of these turns are read."""
        self.read.update(turns)

    @contextmanager
    def unnoted(self) -> Iterator[None]:
        """What is asked inside is part of a question that has been noted."""
        kept = self.phrases, self.cues, self.turns, self.read
        self.phrases, self.cues, self.turns, self.read = set(), set(), {}, set()
        try:
            yield
        finally:
            self.phrases, self.cues, self.turns, self.read = kept

    @contextmanager
    def noted(self) -> Iterator[Asked]:
        """What is asked inside, and that alone."""
        inside = Asked()
        with self.unnoted():
            try:
                yield inside
            finally:
                inside.phrases, inside.cues, inside.turns, inside.read = self.phrases, self.cues, self.turns, self.read


class _Watched:
    """A turn that notes when its words are looked at."""

    __slots__ = ("_asked", "_number", "_turn")

    def __init__(self, turn: Turn, number: int, asked: Asked) -> None:
        self._turn, self._number, self._asked = turn, number, asked

    def __getattr__(self, name: str) -> Any:
        if name in _WORDS:
            self._asked.of_words(self._number)
        return getattr(self._turn, name)


def watched(turns: Sequence[Turn], asked: Asked) -> tuple[Turn, ...]:
    """The turns, those with readings noting when their words are looked at."""
    return tuple(cast(Turn, _Watched(turn, k, asked)) if turn.readings else turn for k, turn in enumerate(turns))
