"""English phrases in heard words: slips of the ear are forgiven, denials are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.spans import Span
from callaudit.testing.scripts import spread
from callaudit.text.english.ears import EnglishEars
from callaudit.text.english.words import LIGHT, NEGATIONS, NEVER, cost, plain
from callaudit.text.phrases import Hit


def heard(text: str, phrase: str, *, least: float = 0.7, **more: str) -> tuple[Hit, ...]:
    ears = EnglishEars([spread(text, Span(0.0, 10.0), 0.95, "en")], more.pop("values", {}))  # type: ignore[arg-type]
    return ears.hits(0, phrase, more.get("anchor", "any"), least)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Well, thank you so much for calling today.", "thank you for calling"),
        ("I'm so sorry about that.", "I am sorry"),
        ("Thank you for your patients.", "thank you for your patience"),
        ("Is there, um, anything else I can do?", "is there anything else I can do"),
        ("You're very welcome.", "you are [very] welcome"),
        ("Your welcome.", "you are welcome"),
        ("We are checking that for you.", "(I|we) are check that for you"),
        ("My name is Bob Smith, hello.", "my name is {agent_name}"),
        ("Your number is 5 5 8 0.", "number is {number}"),
        ("Could you hold the line please?", "could you…line"),
    ],
)
def test_a_phrase_is_heard(text: str, phrase: str) -> None:
    assert heard(text, phrase)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("I know that.", "I do not know"),
        ("I don't know that.", "I know"),
        ("I'm not able to help you.", "able to help you"),
        ("That's all.", "that is all right"),
        ("I'm here.", "I am {agent_name}"),
        ("What is your number?", "it is okay"),
        ("Call me.", "calm down"),
        ("", "hello"),
    ],
)
def test_other_words_are_no_hit(text: str, phrase: str) -> None:
    assert not heard(text, phrase)


def test_a_hit_says_where_and_how() -> None:
    (hit,) = heard("Okay, one moment please.", "one moment")
    assert (hit.how, hit.score, hit.heard) == ("exact", 1.0, "one moment")
    assert (hit.first, hit.last) == (1, 2)
    (near,) = heard("Thank you for your patients.", "thank you for your patience")
    assert near.how == "sound"
    assert 0.7 <= near.score < 1
    assert near.confidence < hit.confidence


def test_anchors_allow_fillers_alone_beside_the_phrase() -> None:
    assert heard("Um, what?", "what", anchor="whole")
    assert not heard("What is that number?", "what", anchor="whole")
    assert heard("So goodbye.", "good bye", anchor="end")


@given(st.lists(st.sampled_from(["we", "never", "send", "not", "money", "please", "no", "parcels"]), max_size=8))
def test_a_negation_is_never_bridged(words: list[str]) -> None:
    hits = heard(" ".join(words), "we send money")
    for hit in hits:
        assert not NEGATIONS & set(plain(hit.heard))


@given(st.sampled_from(sorted(NEGATIONS)), st.sampled_from(["know", "note", "now", *sorted(LIGHT)]))
def test_a_negation_is_taken_for_nothing_else(denial: str, other: str) -> None:
    assert cost(denial, other) == cost(other, denial) == NEVER


@given(st.text(alphabet="abcdefgh I'm 0123456789,.?", max_size=60))
def test_screening_never_loses_what_matching_finds(text: str) -> None:
    ears = EnglishEars([spread(text, Span(0.0, 10.0), 0.9, "en")], {})
    for phrase in ("a b c", "I am {number}", "[a] bed"):
        if ears.find((0,), phrase, "any", 0.55):
            assert 0 in ears.might_hold(phrase, 0.55)
