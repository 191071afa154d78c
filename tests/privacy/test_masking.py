"""What masking does to a call: ＊ for digits, as many words at the same times, wherever the number stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callaudit.pipeline import judge_call
from callaudit.privacy import KINDS, found, masked
from callaudit.records import Call, Masked, Reading, Signal, Word
from callaudit.reports.json import audit_document, call_document
from callaudit.reports.stored import as_written, audit_from
from callaudit.spans import Span
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

CARD = "六二一七零零三一二零零零一二三四五六三"


def call_of(*turns: tuple[str, str], **more: Any) -> Call:
    return call_from_script([{who: text} for who, text in turns], **more)


def texts(call: Call) -> list[str]:
    return [turn.text for turn in call.turns]


def test_words_and_times_stay() -> None:
    before = call_of(("customer", f"我的卡号是{CARD}，麻烦您。"))
    after = masked(before, ("card",))
    assert texts(after) == [f"我的卡号是{'＊' * 19}，麻烦您。"]
    assert [word.span for word in after.turns[0].words] == [word.span for word in before.turns[0].words]
    assert [word.prob for word in after.turns[0].words] == [word.prob for word in before.turns[0].words]
    assert "".join(word.text for word in after.turns[0].words) == after.turns[0].text
    assert after.turns[0].rate_cpm == before.turns[0].rate_cpm
    assert after.turns[0].masked == (Masked("card", Span(before.turns[0].words[5].span.start_s,
                                                         before.turns[0].words[23].span.end_s)),)  # fmt: skip


def test_masked_again_it_is_the_same_and_still_found() -> None:
    once = masked(call_of(("agent", "请问您的卡号"), ("customer", CARD)), KINDS)
    assert masked(once, KINDS) == once
    assert [(one.kind, one.turn, one.words, one.certainty) for one in found(once)] == [("card", 1, (0, 19), 1.0)]


def test_nothing_wanted_nothing_masked() -> None:
    call = call_of(("customer", f"卡号{CARD}"))
    assert masked(call, ()) is call
    assert masked(call, ("phone",)) == call


def test_one_document_goes_there_and_back() -> None:
    after = as_written(masked(call_of(("customer", f"卡号{CARD}")), KINDS))
    assert after.turns[0].masked
    audit = judge_call(after, built_in("etiquette-zh"))
    assert audit_from(audit_document(audit)).call == replace(after, made_by=audit.call.made_by)


def test_a_call_without_personal_data_is_written_as_before() -> None:
    document: Any = call_document(call_of(("customer", "你好，请问几点开门？")))
    assert "masked" not in document["turns"][0]


def test_a_number_is_found_where_it_recurs_but_an_agents_number_is_not() -> None:
    after = masked(
        call_of(
            ("agent", "您好，工号八零一六为您服务，请报一下卡号"), ("customer", "六二一七。"), ("agent", "六二一七。"),
            ("customer", "零零三一二零零零。"), ("agent", "嗯，请继续。"), ("customer", "一二三四五六三。"),
            ("agent", "卡号里有零零三一二零零零，本月应还两千三百六十元。"),
        ),
        ("card",),
    )  # fmt: skip
    assert texts(after) == [
        "您好，工号八零一六为您服务，请报一下卡号", "＊＊＊＊。", "＊＊＊＊。", "＊＊＊＊＊＊＊＊。", "嗯，请继续。",
        "＊＊＊＊＊＊＊。", "卡号里有＊＊＊＊＊＊＊＊，本月应还两千三百六十元。",
    ]  # fmt: skip


def test_other_readings_lose_the_same_stretch() -> None:
    call = call_of(("customer", "验证码四八二九一六谢谢"))
    turn = call.turns[0]
    span = Span(turn.words[3].span.start_s, turn.words[10].span.end_s)
    step_s = span.duration_s / 8
    words = tuple(
        Word(char, Span(span.start_s + k * step_s, span.start_s + (k + 1) * step_s), 0.5)
        for k, char in enumerate("四八耳旧一六谢写")
    )
    call = replace(call, turns=(replace(turn, readings=(Reading(span, words, 0.3),)),))
    after = masked(call, ("code",)).turns[0].readings[0]
    assert "".join(word.text for word in after.words) == "＊＊＊＊＊＊谢写"


def test_a_number_that_only_another_reading_holds_is_masked_there() -> None:
    call = call_of(("customer", "我的卡号您记一下的吧您记一下的吧您记一下的吧"))
    turn = call.turns[0]
    span = Span(turn.words[4].span.start_s, turn.words[-1].span.end_s)
    step_s = span.duration_s / 19
    words = tuple(
        Word(char, Span(span.start_s + k * step_s, span.start_s + (k + 1) * step_s), 0.5) for k, char in enumerate(CARD)
    )
    call = replace(call, turns=(replace(turn, readings=(Reading(span, words, 0.3),)),))
    after = masked(call, ("card",)).turns[0]
    assert after.text == turn.text
    assert "".join(word.text for word in after.readings[0].words) == "＊" * 19


def test_keys_pressed_are_a_code_and_a_single_key_is_none() -> None:
    keys = [
        Signal("dtmf", Span(at_s, at_s + 0.1), 1, 0.9, key) for at_s, key in ((3, "1"), (20, "5"), (21, "2"), (22, "9"))
    ]
    call = replace(call_of(("agent", "请输入密码")), signals=tuple(keys))
    after = masked(call, ("code",))
    assert [signal.plan for signal in after.signals] == ["1", "＊", "＊", "＊"]
    assert [(one.kind, one.turn, one.span) for one in found(after)] == [("code", None, Span(20, 22.1))]
    assert masked(after, ("code",)) == after
    assert masked(call, ("card",)) == call


def test_an_english_word_is_as_long_as_its_digits() -> None:
    call = call_of(("customer", "My card is four five three nine, double one forty two 1111 2222"), language="en")
    assert texts(masked(call, ("card",))) == ["My card is ＊ ＊ ＊ ＊, ＊ ＊ ＊ ＊ ＊＊＊＊ ＊＊＊＊"]


def test_a_name_in_the_metadata_is_masked_where_it_is_said_and_kept_where_it_was_given() -> None:
    call = call_from_script(
        {
            "metadata": {"customer_name": "钱多多", "customer_number": "13800138000"},
            "turns": [{"customer": "钱多多是我"}],
        }
    )
    after = masked(call, ("name",))
    assert texts(after) == ["＊＊＊是我"]
    assert after.metadata == call.metadata


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────
def status(call: Call, rule: str) -> str:
    audit = judge_call(call, built_in("etiquette-zh"))
    assert not audit.failures
    return next(one.status for one in audit.findings if one.rule == rule)


@pytest.mark.parametrize(
    ("reply", "plain", "hidden"),
    [
        ("好的，我帮您重复一下，零二一九五五零二，对吗？", "passed", "passed"),
        ("好的，我帮您重复一下，零二一九五五，对吗？", "passed", "not_assessable"),
        ("利息按活期算，今天可以到账。", "violated", "violated"),
    ],
)
def test_reading_back_a_masked_number(reply: str, plain: str, hidden: str) -> None:
    turns = [
        {"agent": "您好，星河银行，请问有什么可以帮您？"}, {"customer": "我想转成活期，账号是零二一九五五零二。"},
        {"agent": reply}, {"customer": "好的，谢谢。"}, {"agent": "不客气，再见。"},
    ]  # fmt: skip
    call = call_from_script({"metadata": {"sector": "bank"}, "turns": turns})
    assert status(call, "readback-account-number") == plain
    after = masked(call, ("card",))
    assert after.turns[1].text == "我想转成活期，账号是＊＊＊＊＊＊＊＊。"
    assert status(after, "readback-account-number") == hidden


def test_a_masked_name_is_still_addressed() -> None:
    call = call_of(
        ("agent", "您好，请问怎么称呼您？"), ("customer", "我姓林。"), ("agent", "林女士您好，请问有什么可以帮您？"),
        ("customer", "我想查一下账单。"), ("agent", "好的林女士，请您稍等。"), ("customer", "好。"),
    )  # fmt: skip
    assert status(masked(call, ("name",)), "use-surname-and-title") == status(call, "use-surname-and-title") == "passed"


def test_a_masked_mobile_number_accuses_nobody() -> None:
    call = call_from_script(
        {
            "metadata": {"sector": "courier"},
            "turns": [
                {"agent": "您好，远通快递，请问有什么可以帮您？"}, {"customer": "把送货的业务员电话给我一下。"},
                {"agent": "好的，他的电话是一三九一二三四五六七八。"}, {"customer": "谢谢。"},
            ],
        }
    )  # fmt: skip
    assert status(call, "no-staff-phone-disclosure") == "violated"
    assert status(masked(call, ("phone",)), "no-staff-phone-disclosure") == "not_assessable"
