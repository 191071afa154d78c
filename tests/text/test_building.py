"""The garbage collector is off while something is built, and as it was afterwards."""

from __future__ import annotations

import gc

import pytest

from callaudit.text.building import uncollected
from callaudit.text.outlines import outline
from callaudit.text.patterns import check, parse


@pytest.fixture(autouse=True)
def _as_before():
    on = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if on else gc.disable)()


def test_nothing_is_collected_meanwhile_and_all_is_as_before_afterwards():
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_fault_starts_collections_again():
    with pytest.raises(ValueError, match="broken"), uncollected():
        raise ValueError("broken")
    assert gc.isenabled()


def test_who_wants_no_collections_gets_none():
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()


def test_phrases_share_their_choices_and_what_is_made_of_them():
    one, other = "请[您]稍等片刻", "请[您]不要着急"
    assert parse(one, ())[0][1] is parse(other, ())[0][1]
    first, second = (outline(phrase).parts[0].root for phrase in (one, other))
    assert first.branches[0][0] is second.branches[0][0]  # 请


def test_a_phrase_that_was_checked_is_not_parsed_again():
    parse.cache_clear()
    check.cache_clear()
    check("请[您]再说一遍")
    outline.cache_clear()
    outline("请[您]再说一遍")
    assert parse.cache_info().misses == 1
