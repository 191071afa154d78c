"""Meanings on sentences that were written before their examples were, and never used for them."""

from __future__ import annotations

import measuring
import numpy as np
import pytest

from callaudit.meaning.recogniser import OFFSET, SLOPE

EITHER = pytest.mark.parametrize("noisy", [False, True], ids=["as written", "misheard"])


def test_every_meaning_is_measured_on_sentences_that_are_none_of_its_examples() -> None:
    assert set(measuring.held_out()) == set(measuring.meanings())
    for name, sides in measuring.held_out().items():
        meaning = measuring.meanings()[name]
        assert min(len(sides["yes"]), len(sides["no"])) >= 10, name
        assert not {*sides["yes"], *sides["no"]} & {*meaning.like, *meaning.unlike}, name
        assert not {*meaning.like} & {*meaning.unlike, *meaning.ordinary}, name


@EITHER
def test_what_is_meant_is_told_from_what_only_looks_alike(noisy: bool) -> None:
    areas = {name: measuring.area(measuring.figures(noisy=noisy), name) for name in measuring.held_out()}
    assert min(areas.values()) > 0.8, min(areas, key=areas.__getitem__)
    assert np.mean(list(areas.values())) > 0.93


@EITHER
@pytest.mark.parametrize(("least", "found_least"), [(0.5, 0.5), (0.8, 0.25), (0.9, 0.15)])
def test_confidence_is_a_frequency(noisy: bool, least: float, found_least: float) -> None:
    figures = measuring.figures(noisy=noisy)
    said = [one for one in figures if one.prob >= least]
    right = sum(one.has for one in said)
    assert right / len(said) >= np.mean([one.prob for one in said]) - 0.03
    assert right / sum(one.has for one in figures) >= found_least


@EITHER
def test_a_meaning_that_accuses_is_hardly_ever_wrong(noisy: bool) -> None:
    said = [one for one in measuring.figures(noisy=noisy) if one.name in measuring.FORBIDDEN and one.prob >= 0.95]
    assert len(said) >= 10
    assert sum(one.has for one in said) / len(said) >= 0.97, [one.text for one in said if not one.has]


def test_the_logistic_is_what_the_examples_left_out_in_turn_give() -> None:
    offset, slope = measuring.calibrated()
    assert abs(offset - OFFSET) < 0.4
    assert abs(slope / SLOPE - 1) < 0.15
