"""Where words are in doubt, and what else they may have been."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from callaudit.transcribe.alignment import Timed
from callaudit.transcribe.decoding import Row
from callaudit.transcribe.doubts import LEAST_SHARE, MOST_READINGS, Stretch, entries, other_ways

VOCABULARY = [
    "新",
    "和",
    "银",
    "行",
    "星",
    "心",
    "您好",
    "您",
    "你好",
    "好",
    "现",
    "在",
    "路",
    "，",
    "馨",
    " ap",
    "p",
    "线",
]


def text_of(tokens: Sequence[int]) -> str:
    return "".join(VOCABULARY[token] for token in tokens)


def rows(*texts: str) -> list[Row]:
    return [Row(t, (VOCABULARY.index(t),), 0.2 * k, 0.2 * k + 0.2, 0.5) for k, t in enumerate(texts)]


def found(texts: Sequence[str], others: dict[int, dict[str, float]]) -> list[Stretch]:
    seen = {k: tuple((VOCABULARY.index(t), p) for t, p in own.items()) for k, own in others.items()}
    return other_ways(rows(*texts), seen, text_of)


def told(stretch: Stretch) -> dict[str, float]:
    return {"".join(way.texts): pytest.approx(way.share) for way in stretch.ways}


def test_what_was_likely_besides_is_another_reading_of_that_place() -> None:
    (stretch,) = found(["银", "行", "您好"], {1: {"线": 0.3, "路": 0.2}})
    assert (stretch.start, stretch.end) == (1, 2)
    assert told(stretch) == {"线": 0.3, "路": 0.2}


def test_readings_that_sound_alike_are_one_and_those_like_the_transcript_none() -> None:
    assert found(["新", "和"], {0: {"心": 0.3, "馨": 0.3}}) == []
    (stretch,) = found(["路", "和"], {0: {"心": 0.3, "新": 0.2, "星": 0.15}})
    assert told(stretch) == {"心": 0.5, "星": 0.15}


def test_what_follows_anyway_is_not_said_twice() -> None:
    (stretch,) = found(["您", "好", "银"], {0: {"你好": 0.3}})
    assert (stretch.start, stretch.end) == (0, 2)
    assert told(stretch) == {"你好": 0.3}


def test_a_longer_reading_stands_for_the_place_alone_where_nothing_of_it_follows() -> None:
    (stretch,) = found(["路", "银"], {0: {"你好": 0.3, "现": 0.2}})
    assert (stretch.start, stretch.end) == (0, 1)
    assert told(stretch) == {"你好": 0.3, "现": 0.2}


def test_readings_of_one_place_are_told_over_one_stretch() -> None:
    (stretch,) = found(["您", "好", "银"], {0: {"你好": 0.3, "现": 0.2}})
    assert (stretch.start, stretch.end) == (0, 2)
    assert told(stretch) == {"你好": 0.3, "现好": 0.2}


def test_a_shorter_reading_stands_for_the_beginning() -> None:
    (stretch,) = found(["您好", "银"], {0: {"现": 0.2}})
    assert (stretch.start, stretch.end) == (0, 2)
    assert told(stretch) == {"现好": 0.2}


def test_marks_and_western_words_and_the_unlikely_are_no_readings() -> None:
    assert found(["路", "，", "和"], {0: {"，": 0.4}, 1: {"银": 0.4}}) == []
    assert found([" ap", "p", "和"], {0: {"银": 0.4}, 1: {"银": 0.4}}) == []
    assert found(["路"], {0: {"银": LEAST_SHARE - 0.01}}) == []
    assert len(found(["路"], {0: dict.fromkeys(["银", "行", "现", "在", "好", "和"], 0.15)})[0].ways) == MOST_READINGS


def test_stretches_do_not_overlap() -> None:
    (stretch,) = found(["您", "好", "银"], {0: {"你好": 0.3}, 1: {"路": 0.3}})
    assert (stretch.start, stretch.end) == (0, 2)
    assert found([], {}) == []


def test_other_words_take_the_time_of_those_they_stand_for() -> None:
    first = (Timed("现", 1.0, 1.2, 0.3), Timed("路", 1.2, 1.6, 0.9))
    assert [(t.start_s, t.end_s) for t in entries(first, ["线", "路"], 0.5)] == [(1.0, 1.2), (1.2, 1.6)]
    three = entries(first, ["现", "在", "路"], 0.5)
    assert [t.start_s for t in three] == pytest.approx([1.0, 1.2, 1.4])
    assert three[-1].end_s == pytest.approx(1.6)
