"""What a meaning learns from its examples, and what an encoder promises."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from callaudit.meaning import Meaning, clauses, comparable, fitted, probability
from callaudit.meaning.encoder import SentenceEncoder
from callaudit.meaning.recogniser import left_out, likeness
from callaudit.records import Word
from callaudit.spans import Span
from tests.speed import units

ENCODER = SentenceEncoder()
OPEN = Meaning(
    title="营业",
    like=(
        "我们几点开门",
        "几点钟上班",
        "什么时候营业",
        "早上几点开始",
        "周末开不开",
        "你们开到几点",
        "节假日开吗",
        "营业时间是几点",
    ),
    unlike=("门怎么打开", "打不开网页", "开户要什么", "开一张发票", "几点送到", "几个人来", "周末有活动吗", "我上班呢"),
)


def _probability(meaning: Meaning, *texts: str) -> list[float]:
    return probability(fitted(ENCODER, meaning).margins(comparable(ENCODER, texts))).tolist()


def test_what_has_the_meaning_is_more_probable_than_what_shares_its_words() -> None:
    alike, other, nothing = _probability(OPEN, "请问你们几点钟开门营业", "我的网页怎么打不开了", "我姓王")
    assert alike > 0.8
    assert max(other, nothing) < 0.2


def test_an_example_is_its_own_nearest_and_most_like_itself() -> None:
    recogniser = fitted(ENCODER, OPEN)
    sentences = comparable(ENCODER, OPEN.like)
    assert recogniser.nearest(sentences) == OPEN.like
    assert np.allclose(np.diag(likeness(sentences, sentences)), 1.0, atol=1e-5)


def test_the_margin_of_an_example_left_out_is_that_of_a_meaning_that_never_had_it() -> None:
    without = Meaning(title=OPEN.title, like=(*OPEN.like[1:], "几时营业"), unlike=OPEN.unlike)
    whole = Meaning(title=OPEN.title, like=(*OPEN.like, "几时营业"), unlike=OPEN.unlike)
    assert left_out(ENCODER, whole)[0] == pytest.approx(
        fitted(ENCODER, without).margins(comparable(ENCODER, OPEN.like[:1]))[0], abs=1e-3
    )


def test_ordinary_sentences_pull_towards_none() -> None:
    said = "早上我们开会"
    ordinary = Meaning(title=OPEN.title, like=OPEN.like, unlike=OPEN.unlike, ordinary=("早上开会", "我们在开会"))
    assert _probability(ordinary, said)[0] < _probability(OPEN, said)[0]


def test_homophones_are_as_near_as_their_sound() -> None:
    right, misheard, other = comparable(ENCODER, ["请稍等", "请捎等", "请打开"]).traces
    assert right @ misheard == pytest.approx(1.0)
    assert right @ other < 0.5


def test_the_same_sentences_have_the_same_vectors_to_the_bit_and_nearly_so_in_other_company() -> None:
    texts = ["还有什么可以帮您", "我不知道", "请您稍等，我帮您查一下好吗", *OPEN.like]
    vectors = ENCODER.encode(texts)
    assert (ENCODER.encode(texts) == vectors).all()
    assert (SentenceEncoder().encode(texts) == vectors).all()
    assert np.abs(ENCODER.encode(texts[::-1])[::-1] - vectors).max() < 1e-5
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert ENCODER.encode([]).shape == (0, 512)


def test_a_hundred_clauses_are_compared_within_the_time_of_a_call() -> None:
    texts = [f"{text}{k}" for k in range(7) for text in (*OPEN.like, *OPEN.unlike)][:100]
    fitted(ENCODER, OPEN)
    assert units(lambda: fitted(ENCODER, OPEN).margins(comparable(ENCODER, texts))) < 5


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(ValidationError, match="like"):
        TypeAdapter(Meaning).validate_python({"title": "营业", "like": ["几点开门"], "unlike": list(OPEN.unlike)})


def test_clauses_are_cut_at_punctuation_and_pauses_and_paired_with_their_neighbours() -> None:
    texts = ["您", "好，", "请", "您", "稍", "等", "我", "查", "一", "下。"]
    starts = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.8, 2.0, 2.2, 2.4]  # 0.6 s of pause before 我
    words = [Word(text, Span(start, start + 0.2), 0.9) for text, start in zip(texts, starts, strict=True)]
    assert [clause.text for clause in clauses(words)] == [
        "您好",
        "您好，请您稍等",
        "请您稍等",
        "请您稍等，我查一下",
        "我查一下",
    ]
    whole = clauses(words)[3]
    assert (whole.first, whole.last, whole.span) == (2, 9, Span(0.4, 2.6))
    assert clauses([]) == ()
    assert clauses([Word("嗯。", Span(0, 0.3), 0.9)]) == ()


def test_a_long_clause_is_cut_into_windows_that_cover_it() -> None:
    words = [Word(char, Span(k, k + 1.0), 0.9) for k, char in enumerate("一二三四五六七八九十百千万亿")]
    whole, *windows = clauses(words)
    assert (whole.first, whole.last) == (0, 13)
    assert [(window.first, window.last) for window in windows] == [(0, 9), (3, 12), (4, 13)]
    assert len(clauses(words[:12])) == 1
