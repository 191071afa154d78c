"""Each situation is recognised as well as README.md says, in the sentences that its phrases were not written with."""

from __future__ import annotations

import random
from functools import cache, partial

import pytest

from tests.books import built_in
from tests.situations.accuracy import figures, misheard, sentences, situations

BOOK = built_in("etiquette-zh")
found_held_out = cache(partial(figures, BOOK, half="held out"))
LEAST_PRECISION, LEAST_RECALL, LEAST_MISHEARD = 0.89, 0.65, 0.45
"""No situation is below; a half holds ten sentences or so, one of which is a tenth."""

ALL_PRECISION, ALL_RECALL, ALL_MISHEARD = 0.95, 0.86, 0.78
"""All sentences together: what is reached, less two in a hundred or so."""


@pytest.mark.parametrize("situation", situations())
def test_a_situation_has_a_recogniser_and_enough_sentences(situation: str) -> None:
    assert situation in BOOK.situations
    for half in ("development", "held out"):
        there = [said.there for said in sentences(situation, half)]
        assert there.count(True) >= 8
        assert there.count(False) >= 8


@pytest.mark.parametrize("situation", situations())
def test_a_situation_is_recognised(situation: str) -> None:
    found = found_held_out(situation, noisy=False)
    assert found.precision >= LEAST_PRECISION, [str(said) for said in found.wrong]
    assert found.recall >= LEAST_RECALL, [str(said) for said in found.missed]


@pytest.mark.parametrize("situation", situations())
def test_a_situation_is_recognised_misheard(situation: str) -> None:
    found = found_held_out(situation, noisy=True)
    assert found.precision >= LEAST_PRECISION - 0.05, [str(said) for said in found.wrong]
    assert found.recall >= LEAST_MISHEARD, [str(said) for said in found.missed]


@pytest.mark.parametrize(("noisy", "least"), [(False, ALL_RECALL), (True, ALL_MISHEARD)])
def test_all_situations_together(noisy: bool, least: float) -> None:
    found = [found_held_out(situation, noisy=noisy) for situation in situations()]
    right = sum(one.right for one in found)
    assert right / (right + sum(len(one.wrong) for one in found)) >= ALL_PRECISION
    assert right / (right + sum(len(one.missed) for one in found)) >= least


def test_mishearing_changes_an_eighth_of_the_characters() -> None:
    rng = random.Random(0)
    pairs = [(str(said), str(misheard(said, rng))) for name in situations() for said in sentences(name, "held out")]
    n_chars = sum("\u4e00" <= char <= "\u9fff" for text, _ in pairs for char in text)
    n_other = sum(a != b for one, other in pairs for a, b in zip(one, other, strict=True))
    assert 0.11 < n_other / n_chars < 0.14
