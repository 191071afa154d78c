"""Phrases that many calls are searched for: screened together, their readings made when one may be heard."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from threading import Lock

from callaudit.text.building import uncollected
from callaudit.text.outlines import outline
from callaudit.text.patterns import bound, compile_each
from callaudit.text.pool import Pool
from callaudit.text.screening import Screen
from callaudit.text.variants import Phrase

Values = tuple[tuple[str, str], ...]


class Known:
    """Phrases with what their slots are known to hold.

    Parameters
    ----------
    phrases : in the syntax of `patterns`, each once
    values : by slot name
    """

    def __init__(self, phrases: tuple[str, ...], values: Values = ()) -> None:
        self.phrases = phrases
        self.numbers = {phrase: number for number, phrase in enumerate(phrases)}
        self.pool = Pool()
        self._values = dict(values)
        self._ready: dict[str, int] = {}
        self._growing = Lock()

    @cached_property
    def screen(self) -> Screen:
        """What tells where the phrases could be heard."""
        with uncollected():
            return Screen([outline(phrase, bound(phrase, self._values)) for phrase in self.phrases])

    def ready(self, phrases: Sequence[str]) -> list[int]:
        """The numbers of phrases in the pool; their readings are made where they are not there yet."""
        if any(phrase not in self._ready for phrase in phrases):
            with self._growing, uncollected():
                missing = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self._ready]
                for phrase in compile_each(missing, values=self._values):
                    self._ready[phrase.text] = self.pool.add(phrase)
        return [self._ready[phrase] for phrase in phrases]

    def phrase(self, phrase: str) -> Phrase:
        """A phrase with its readings."""
        return self.pool.phrases[self.ready([phrase])[0]]


@lru_cache(maxsize=256)
def known(phrases: tuple[str, ...], values: Values = ()) -> Known:
    """What is known of phrases, made for the first call and kept for the next."""
    return Known(phrases, values)
