"""Turns from speech and words given by hand."""

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.turns import make_turns


def word(text: str, start_s: float, prob: float = 0.9) -> Word:
    return Word(text, Span(start_s, start_s + 0.2), prob)


def join(words: object) -> str:
    return "".join(w.text for w in words)  # type: ignore[attr-defined]


def test_a_pause_of_ones_own_stays_inside_and_the_others_speech_ends_the_turn() -> None:
    speech = {
        "agent": (Span(0, 2), Span(3, 5), Span(7, 8), Span(12, 13)),
        "customer": (Span(5.5, 6.5),),
    }
    turns = make_turns(speech, {"agent": (word("好", 1), word("吗", 4), word("对", 7.5), word("见", 12.5))}, join=join)
    assert [(t.speaker, t.span, t.text) for t in turns] == [
        ("agent", Span(0, 5), "好吗"),
        ("customer", Span(5.5, 6.5), ""),
        ("agent", Span(7, 8), "对"),
        ("agent", Span(12, 13), "见"),
    ]


def test_a_back_channel_inside_the_others_speech_does_not_cut_it() -> None:
    turns = make_turns(
        {"agent": (Span(0, 10),), "customer": (Span(4, 4.5),)}, {"customer": (word("嗯", 4.1),)}, join=join
    )
    assert [t.span for t in turns if t.speaker == "agent"] == [Span(0, 10)]


def test_a_breath_is_no_turn_and_a_short_word_is() -> None:
    speech = {"agent": (Span(0, 0.25), Span(5, 5.25))}
    turns = make_turns(speech, {"agent": (word("嗯", 5.02),)}, join=join)
    assert [t.span for t in turns] == [Span(5, 5.25)]


def test_every_word_is_in_exactly_one_turn_even_between_two() -> None:
    words = tuple(word(str(k), k * 0.5) for k in range(20))
    speech = {"agent": (Span(0, 3), Span(6, 9.7))}
    turns = make_turns(speech, {"agent": words}, join=join)
    assert [w for t in turns for w in t.words] == list(words)


def test_confidence_is_the_mean_of_the_words() -> None:
    turns = make_turns({"agent": (Span(0, 3),)}, {"agent": (word("好", 1, 0.5), word("的", 2, 1.0))}, join=join)
    assert turns[0].confidence == 0.75


def test_a_turn_is_as_sure_of_its_speaker_as_its_stretches_are() -> None:
    sureness = {"agent": ((Span(0, 1), 0.9), (Span(1.2, 4.2), 0.5))}
    (turn,) = make_turns({"agent": (Span(0, 1), Span(1.2, 4.2))}, {}, join=join, sureness=sureness)
    assert turn.speaker_confidence == 0.6
    (alone,) = make_turns({"agent": (Span(0, 1),)}, {}, join=join)
    assert alone.speaker_confidence == 1.0
