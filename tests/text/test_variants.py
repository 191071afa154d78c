from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.text.listen import listen, say
from callaudit.text.patterns import compile as compile_phrase
from callaudit.text.phrases import find
from callaudit.text.pinyin import syllables
from callaudit.text.variants import say_each

PHRASES = (
    "请[您]稍(等|候)[一下]",
    "[真的]不好意思|(实在|非常)抱歉[啊]",
    "[您]还(有|需要)(什么|别的)[可以]帮您[的]吗",
    "24小时内[给您]回(复|电)",
    "重新[为您]办理|银行[卡](不行|行不行)",
    "(我们|他们|你们)了解了[吗]",
)
HEARD = (
    "不好意思请您烧等一下啊",
    "请稍等请问您还有什么需要帮您的吗",
    "实在抱歉银行卡不行我们重新办理",
    "二十四小时内回复您好吗他们了解了",
    "还有别的可以帮你吗",
)
TEXTS = st.lists(
    st.text("您好请稍等重新行长不著着乾隆咱啥今儿童24%:.，。！ 　ＡＢab①\n_0", max_size=8)
    | st.sampled_from(["24小时", "著名", "請問", "工号8016", "妳好", "甚么"]),
    max_size=6,
)


def words(text: str) -> tuple[Word, ...]:
    return tuple(Word(char, Span(k * 0.2, k * 0.2 + 0.2), 0.7) for k, char in enumerate(text))


@given(TEXTS)
def test_texts_said_at_once_are_said_as_each_alone(texts):
    assert say_each(texts) == [say(text) for text in texts]


@given(
    st.lists(
        st.sampled_from(["重新", "长大", "银行", "不行", "了解", "行", "长", "了", "的确", "还", "还款", "会计", "便"])
    )
)
def test_syllables_are_those_of_the_whole_text(parts):
    text = "".join(parts)
    assert list(syllables(text)) == lazy_pinyin(text)


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_reading_among_others_is_the_reading_alone(phrase):
    for variant in compile_phrase(phrase).variants:
        (alone,) = compile_phrase(variant.chars).variants
        for name in ("codes", "ids", "drop", "person", "strict"):
            np.testing.assert_array_equal(getattr(variant, name), getattr(alone, name))
        assert (variant.weight, variant.allowed, variant.steps) == (alone.weight, alone.allowed, alone.steps)


@pytest.mark.parametrize("heard", HEARD)
@pytest.mark.parametrize("phrase", PHRASES)
def test_readings_aligned_together_score_as_the_best_of_them_alone(phrase, heard):
    row = listen(words(heard))
    alone = [hit.score for variant in compile_phrase(phrase).variants for hit in find(variant.chars, row, least=0.3)]
    together = [hit.score for hit in find(phrase, row, least=0.3)]
    assert max(together, default=None) == max(alone, default=None)
