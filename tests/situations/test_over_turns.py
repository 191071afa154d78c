"""What no single turn tells: a situation said over a listener's sign, or taken back."""

from __future__ import annotations

from typing import Any

import pytest

from callaudit.rules.cues import Cue, Cues
from callaudit.rules.facts import Facts
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

BOOK = built_in("etiquette-zh")
COMPLAINS = Cue(words=("我要投诉你们的快递员",), exempt=("我要投诉你们的快递员公司",), taken_back=("不是投诉",))


def found(cue: Cue, *turns: dict[str, Any]) -> list[int]:
    facts = Facts(call_from_script(list(turns)), BOOK.settings, BOOK.situations)
    return [moment.turn for moment in facts.moments(Cues(inline=(cue,)))]


def test_said_over_a_sign_of_listening_is_said_once_where_it_ends() -> None:
    assert found(COMPLAINS, {"customer": "我要投诉"}, {"agent": "嗯"}, {"customer": "你们的快递员"}) == [2]


@pytest.mark.parametrize(
    "between",
    [
        {"agent": "您先别着急，慢慢说"},  # a turn of its own
        {"agent": "嗯", "gap_s": 4},  # too long after
    ],
)
def test_what_the_other_answers_in_earnest_parts_the_two(between: dict[str, Any]) -> None:
    assert found(COMPLAINS, {"customer": "我要投诉"}, between, {"customer": "你们的快递员"}) == []


def test_a_turn_that_tells_by_itself_is_not_told_twice() -> None:
    turns = ({"customer": "我要投诉你们的快递员"}, {"agent": "嗯"}, {"customer": "你们的快递员太差了"})
    assert found(COMPLAINS, *turns) == [0]


def test_exempt_words_count_over_the_border_too() -> None:
    assert found(COMPLAINS, {"customer": "我要投诉"}, {"agent": "嗯"}, {"customer": "你们的快递员公司"}) == []


@pytest.mark.parametrize(
    "turns",
    [
        ({"customer": "我要投诉你们的快递员，哦，不是投诉。"},),
        ({"customer": "我要投诉你们的快递员"}, {"agent": "您要投诉吗？"}, {"customer": "不是投诉，我问问"}),
        ({"customer": "我要投诉"}, {"agent": "嗯"}, {"customer": "你们的快递员，不是投诉"}),
    ],
)
def test_taken_back_at_once_is_not_said(turns: tuple[dict[str, Any], ...]) -> None:
    assert found(COMPLAINS, *turns) == []


@pytest.mark.parametrize(
    "turns",
    [
        ({"customer": "不是投诉。我要投诉你们的快递员"},),  # before it
        ({"customer": "我要投诉你们的快递员"}, {"agent": "不是投诉吧"}, {"customer": "是的"}),  # the other says it
        ({"customer": "我要投诉你们的快递员"}, {"agent": "好"}, {"customer": "对"}, {"agent": "嗯"},
         {"customer": "不是投诉"}),  # long after
    ],
)  # fmt: skip
def test_only_its_speaker_takes_it_back_and_only_soon_after(turns: tuple[dict[str, Any], ...]) -> None:
    assert found(COMPLAINS, *turns) != []


def test_a_wrong_number_that_was_right_after_all() -> None:
    cue = BOOK.situations["customer_dialled_wrong"]
    assert found(cue, {"customer": "啊，那我打错了。"}) == [0]
    assert (
        found(
            cue, {"customer": "啊，那我打错了。"}, {"agent": "您找哪里？"}, {"customer": "哦，我没打错，就是找你们。"}
        )
        == []
    )


@pytest.mark.parametrize(("gain_db", "fainter"), [(-50, [1]), (-26, [])])
def test_faint_is_measured_against_the_other_party(gain_db: float, fainter: list[int]) -> None:
    cue = BOOK.situations["customer_faint"]
    assert found(cue, {"agent": "您好", "level_db": -22}, {"customer": "我想办卡", "level_db": gain_db}) == fainter


def test_a_quiet_line_is_no_faint_customer() -> None:
    cue = BOOK.situations["customer_faint"]
    assert found(cue, {"agent": "您好", "level_db": -48}, {"customer": "我想办卡", "level_db": -50}) == []
