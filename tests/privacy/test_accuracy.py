"""How well personal data is found, held to floors: the held-out half, as said and misheard."""

from __future__ import annotations

import pytest

from tests.privacy.personal_data import Tally, cases, tallies

FLOORS = {  # precision, recall, and recall where one character in eight is misheard
    "card": (0.97, 0.97, 0.90),
    "code": (0.95, 0.94, 0.90),
    "phone": (0.95, 0.95, 0.90),
    "identity": (0.93, 0.93, 0.86),
    "plate": (0.85, 0.85, 0.70),
    "address": (0.90, 0.90, 0.50),
    "name": (0.90, 0.90, 0.70),
    "all": (0.95, 0.95, 0.87),
}


@pytest.fixture(scope="module")
def plain() -> dict[str, Tally]:
    return tallies("held out")[0]


@pytest.fixture(scope="module")
def misheard() -> dict[str, Tally]:
    return tallies("held out", noisy=True)[0]


@pytest.mark.parametrize("kind", FLOORS)
def test_held_out(kind: str, plain: dict[str, Tally], misheard: dict[str, Tally]) -> None:
    precision, recall, recall_misheard = FLOORS[kind]
    assert plain[kind].precision >= precision
    assert plain[kind].recall >= recall
    assert misheard[kind].recall >= recall_misheard


def test_there_are_cases_enough_of_every_kind() -> None:
    own = [*cases("development"), *cases("held out")]
    assert len(own) >= 300
    assert sum(not case.pieces for case in own) >= 80
    assert len({str(case) for case in own}) == len(own)


def test_nothing_of_the_development_half_is_missed() -> None:
    counts, judged = tallies("development")
    assert [str(one.case) for one in judged if one.missed or one.wrong] == []
    assert counts["all"].recall == 1.0
