"""From timed tokens to words that lie in speech."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.spans import Span
from callaudit.transcribe.alignment import ATTENTION_LEAD_S, Timed, atoms, silent_s, spread, words_of
from callaudit.transcribe.windows import Piece, Placed, Window


def texts(*groups: str) -> list[str]:
    return [atom.text for atom in atoms(Timed(group, k, k + 1.0, 0.5) for k, group in enumerate(groups))]


@pytest.mark.parametrize(
    ("groups", "wanted"),
    [
        (["客服", "，", "您", "好"], ["客", "服，", "您", "好"]),
        (["A", "PP", "吗", "？"], ["APP", "吗？"]),
        (["80", "22"], ["8022"]),
        ([" how", " are", " you", "?"], ["how", "are", "you?"]),
        ([" don't"], ["don't"]),
        ([" in", "-house", " call", "."], ["in-house", "call."]),
        ([" F", "-", "I", "-", "T"], ["F-I-T"]),
        (["，", "好"], ["好"]),
        ([], []),
    ],
)
def test_tokens_become_characters_and_whole_western_words(groups: list[str], wanted: list[str]) -> None:
    assert texts(*groups) == wanted


def test_characters_of_a_token_share_its_time_evenly() -> None:
    first, second = atoms([Timed("客服", 1.0, 1.4, 0.8)])
    assert (first.start_s, first.end_s, second.end_s) == pytest.approx((1.0, 1.2, 1.4))


def dialogue() -> Window:
    one = Piece(0, Span(10.0, 12.0), (Span(10.15, 11.85),))
    two = Piece(1, Span(20.0, 22.0), (Span(20.15, 21.85),))
    return Window((Placed(one, 0.0), Placed(two, 2.4)))


def test_the_first_word_after_a_pause_goes_to_the_speech_that_follows() -> None:
    """The attention to it reaches back over the pause: it seems to begin where the piece before it ends."""
    first, second = spread(dialogue(), [Timed("好", 0.2, 0.5, 1.0), Timed("的", 1.9, 2.35, 1.0)])
    assert [atom.text for atom in first] == ["好"]
    assert [atom.text for atom in second] == ["的"]
    assert second[0].start_s == pytest.approx(1.9 + ATTENTION_LEAD_S)


@given(
    st.lists(st.tuples(st.floats(-1.0, 6.0), st.floats(0.0, 2.0)), min_size=1, max_size=30),
    st.floats(0.1, 1.0),
)
def test_words_lie_in_speech_in_order_whatever_the_recogniser_says(
    times: list[tuple[float, float]], length_s: float
) -> None:
    speech = (Span(10.0, 10.0 + length_s), Span(11.5, 11.5 + length_s), Span(13.0, 15.0))
    placed = Placed(Piece(0, Span(9.85, 15.15), speech), 0.0)
    share = [Timed("好", at_s, at_s + took_s, 0.5) for at_s, took_s in sorted(times)]
    words = words_of(placed, share)
    assert len(words) == len(share)
    for word in words:
        assert any(s.start_s - 1e-9 <= word.span.start_s and word.span.end_s <= s.end_s + 1e-9 for s in speech)
    by_home = [[w.span.start_s for w in words if span.holds(w.span.start_s)] for span in speech]
    assert all(row == sorted(row) for row in by_home)


def test_a_word_does_not_last_over_the_pause_behind_it() -> None:
    placed = Placed(Piece(0, Span(0.0, 5.0), (Span(0.0, 5.0),)), 0.0)
    first, _ = words_of(placed, [Timed("好", 0.1, 3.0, 1.0), Timed("的", 3.0, 3.2, 1.0)])
    assert first.span.duration_s <= 0.6 + 1e-9


def test_speech_after_the_last_word_counts_as_passed_over() -> None:
    placed = Placed(Piece(0, Span(0.0, 5.0), (Span(0.0, 5.0),)), 0.0)
    assert silent_s(placed, []) == 5.0
    assert silent_s(placed, [Timed("好", 0.0, 0.4, 1.0), Timed("的", 0.4, 5.0, 1.0)]) == pytest.approx(3.98)
