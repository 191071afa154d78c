"""Other readings are listened to only where a rule asks for them, and then as the turns are."""

from __future__ import annotations

from collections.abc import Sequence

from callaudit.records import Word
from callaudit.rules.ears import Ears
from callaudit.rules.twofold import Twofold
from callaudit.spans import Span

FLOOR = 0.8


def said(text: str) -> tuple[Word, ...]:
    return tuple(Word(char, Span(0.2 * k, 0.2 * k + 0.2), 0.99) for k, char in enumerate(text))


def test_readings_are_listened_to_when_asked_for() -> None:
    asked: list[int] = []

    def again() -> Sequence[Sequence[Word]]:
        asked.append(1)
        return [said("请您稍等一下"), said("感谢您的来电")]

    ears = Twofold(lambda rows: Ears(rows, {}), [said("感谢您的来电"), said("好的")], again)
    ears.expect(("感谢您的来电", "请您稍等"))
    assert ears.audible(("感谢您的来电", "请您稍等"), FLOOR) == (("感谢您的来电", frozenset({0})),)
    assert len(ears.hits(0, "感谢您的来电", "any", FLOOR)) == 1
    assert not asked
    both = (("感谢您的来电", frozenset({0, 3})), ("请您稍等", frozenset({2})))
    assert ears.audible(("感谢您的来电", "请您稍等"), FLOOR, again=True) == both
    assert [hit.heard for hit in ears.hits(2, "请您稍等", "any", FLOOR)] == ["请您稍等"]
    assert not ears.hits(1, "请您稍等", "any", FLOOR)
    assert asked == [1]


def test_a_phrase_may_begin_in_a_turn_and_end_in_a_reading() -> None:
    ears = Twofold(lambda rows: Ears(rows, {}), [said("好的感谢您的")], lambda: [said("来电再见")])
    assert [hit.heard for hit in ears.find((0, 1), "感谢您的来电", "any", FLOOR)] == ["感谢您的来电"]
    assert not ears.hits(0, "感谢您的来电", "any", FLOOR)
