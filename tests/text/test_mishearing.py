"""What may hide in words that the recogniser was unsure of: compiled code says what plain Python does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.text.listen import Sounded, listen, substitution
from callaudit.text.mishearing import HIDDEN_CHARS, NEAR_SOUND, UNSURE_PROB, hides
from callaudit.text.patterns import compile as compile_phrase
from callaudit.text.pool import Pool
from callaudit.text.rows import rows_of
from callaudit.text.variants import Phrase, Variant

PHRASES = ["您好", "不知道", "请[您]稍(等|候)", "我姓{surname}", "再见", "喂", "请问有什么可以帮您"]
HEARD = st.lists(
    st.tuples(st.sampled_from("您你好号不部布知字道稍少等候再在见件请清我林"), st.sampled_from([0.3, 0.5, 0.9]))
)


def row(heard: list[tuple[str, float]]) -> Sounded:
    return listen([Word(char, Span(k, k + 0.5), prob) for k, (char, prob) in enumerate(heard)])


def slowly(phrase: Phrase, heard: Sounded) -> bool:
    return any(_fits(variant, heard) for variant in phrase.of_lengths(2, HIDDEN_CHARS))


def _fits(variant: Variant, heard: Sounded) -> bool:
    n, unsure = len(variant.chars), (heard.prob < UNSURE_PROB).tolist()
    same = [
        _same(number, code, heard) for number, code in zip(variant.ids.tolist(), variant.codes.tolist(), strict=True)
    ]
    for first in range(len(heard) - n + 1 if n > 2 else min(1, len(heard) - n + 1)):
        own = [same[k][first + k] for k in range(n)]
        doubtful = unsure[first : first + n]
        if any(doubtful) and 2 * sum(own) >= n and all(a or b for a, b in zip(own, doubtful, strict=True)):
            return True
    return False


def _same(number: int, code: int, heard: Sounded) -> list[bool]:
    cost = substitution()[number][heard.ids] * heard.scale
    return [bool(x) for x in (cost == 0) | (cost <= NEAR_SOUND) & ~heard.negation | (heard.codes == code)]


@settings(max_examples=300, deadline=None)
@given(HEARD, HEARD, st.sampled_from(PHRASES))
def test_what_hides_is_what_plain_python_says(
    one: list[tuple[str, float]], other: list[tuple[str, float]], phrase: str
) -> None:
    rows, ready = [row(one), row([]), row(other)], compile_phrase(phrase)
    assert hides(Pool([ready]), 0, rows_of(rows)).tolist() == [slowly(ready, heard) for heard in rows]


def test_a_phrase_hides_behind_an_unsure_word() -> None:
    pool = Pool([compile_phrase("不知道")])
    rows = rows_of([row([("不", 0.9), ("字", 0.3), ("道", 0.9)]), row([("不", 0.9), ("字", 0.9), ("道", 0.9)])])
    assert hides(pool, 0, rows).tolist() == [True, False]
