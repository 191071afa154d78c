"""Syllables and their distance."""

from __future__ import annotations

import numpy as np
import pytest

from callaudit.text.pinyin import OTHER, distances, syllable_distance, syllable_id, syllables

MERGED = [
    ("zhi", "zi"),
    ("chang", "cang"),
    ("shan", "san"),
    ("nan", "lan"),
    ("fei", "hei"),
    ("xin", "xing"),
    ("chen", "cheng"),
    ("fan", "fang"),
    ("lian", "liang"),
    ("guan", "guang"),
    ("re", "le"),
    ("lv", "lu"),
    ("bo", "buo"),
]
APART = [("bu", "shi"), ("ma", "qing"), ("dui", "zhao"), ("hao", "xie"), ("ni", "wo"), ("wei", "hao")]


def test_characters_are_read_in_their_phrase() -> None:
    assert syllables("银行不行") == ("yin", "hang", "bu", "xing")
    assert syllables("长大了,了解") == ("zhang", "da", "le", "", "liao", "jie")


@pytest.mark.parametrize(("one", "other"), MERGED)
def test_what_accents_merge_is_near(one: str, other: str) -> None:
    assert syllable_distance(one, other) < 0.16


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_nobody_confuses_is_far(one: str, other: str) -> None:
    assert syllable_distance(one, other) > 0.45


def test_every_syllable_of_mandarin_is_known() -> None:
    from pypinyin import lazy_pinyin
    from pypinyin.constants import PINYIN_DICT

    common = {lazy_pinyin(chr(code))[0] for code in PINYIN_DICT if 0x4E00 <= code < 0x9FA6}
    assert len(common) > 390
    assert {s for s in common if syllable_id(s) == OTHER} == set()


def test_distance_is_a_metric_within_bounds() -> None:
    table = distances()[:OTHER, :OTHER].astype(np.float64)
    assert np.allclose(table, table.T)
    assert (np.diag(table) == 0).all()
    assert table.min() >= 0
    assert table.max() <= 1 + 1e-6
    some = np.random.default_rng(1).choice(OTHER, 60, replace=False)
    small = table[np.ix_(some, some)]
    assert (small[:, None, :] <= small[:, :, None] + small[None, :, :] + 1e-6).all()
