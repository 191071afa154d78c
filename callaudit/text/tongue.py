"""What judging needs of a language, and nothing else: rules know no language, they ask one of these.

A phrase is written in the syntax of `callaudit.text.patterns` in every language. Lengths of what is said are counted in
syllables, so that "a listener's sign" or "a statement" is about as long in one language as in another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from callaudit.text.deadline import Deadline
from callaudit.text.phrases import Anchor, Hit


class Ears(Protocol):
    """Rows of words, and where phrases are heard in them. A row is a turn, or another reading of one."""

    def expect(self, phrases: tuple[str, ...]) -> None:
        """These phrases will be asked for; what is the same for every call can be made ready for all together."""

    def audible(self, phrases: tuple[str, ...], floor: float) -> tuple[tuple[str, frozenset[int]], ...]:
        """Those of the phrases that could be heard with a score of at least `floor`, and where; elsewhere none is."""

    def hits(self, row: int, phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in a row, with a score of at least `floor`."""

    def find(self, rows: tuple[int, ...], phrase: str, anchor: Anchor, floor: float) -> tuple[Hit, ...]:
        """Where a phrase is heard in rows taken as one."""

    def alike(self, row: int, phrase: str) -> bool:
        """Whether a short phrase is heard in other words of its sound, which matching does not take for it."""

    def hidden(self, row: int, phrase: str) -> bool:
        """Whether a phrase fits where the recogniser was unsure of the words."""

    def n_spoken(self, phrase: str) -> int:
        """Syllables of the shortest reading of a phrase."""


class Tongue(Protocol):
    """A language."""

    @property
    def titles(self) -> tuple[str, ...]:
        """What a customer is politely called."""

    @property
    def name_questions(self) -> tuple[str, ...]:
        """Phrases that ask for the customer's name."""

    @property
    def repeating(self) -> tuple[str, ...]:
        """Phrases that announce a repetition of what the customer said."""

    def n_spoken(self, text: str) -> int:
        """Syllables of a text."""

    def substance(self, text: str) -> int:
        """Syllables of a text besides its greeting."""

    def asks(self, text: str, *, requests: bool) -> bool:
        """Whether the last words ask something; `requests` takes a request for data for a question too."""

    def longest_number(self, text: str) -> str:
        """The longest run of spoken digits; quantities are none."""

    def digits(self, text: str) -> str:
        """All digits that are said."""

    def deadlines(self, text: str) -> tuple[Deadline, ...]:
        """Every time ahead that is named in a text, in order."""

    def masked(self, text: str, mask: str) -> str:
        """The text with every number of four digits and more masked."""

    def pieces(self, text: str) -> tuple[str, ...]:
        """What is said, in the smallest pieces in which two hearings can differ; joined they are readable."""

    def surname(self, name: str) -> str:
        """The family name in a full name, as the metadata have it."""

    def surname_given(self, text: str, *, wanted: bool) -> str | None:
        """The name by which somebody introduces himself; more freely where it was asked for."""

    def addressed(self, surname: str | None, titles: Sequence[str]) -> tuple[str, ...]:
        """Phrases that address the bearer of that name; of any name where it is None."""

    def matter(self, text: str) -> set[str]:
        """What in a text carries meaning, in pieces that whoever repeats the matter repeats."""

    def clauses(self, text: str) -> list[str]:
        """The text by its punctuation, normalised."""

    def times(self, text: str, words: Sequence[str]) -> int:
        """How often words stand in a normalised text as written."""

    def times_heard(self, text: str, words: Sequence[str]) -> int:
        """How often words are heard in a normalised text, those misspelt included."""
