"""What operators do where the examples of the rulebook do not reach: doubt, traps, thresholds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from callaudit.records import Finding
from callaudit.rules import Rulebook, judge
from callaudit.testing.scripts import call_from_script

Judged = Callable[..., Finding]
Turns = list[dict[str, Any]]
GREET = "check: {operator: say, where: opening, any: [您好]}"
DONE: Turns = [{"customer": "没有了。"}, {"agent": "好的，再见。"}]


# ── doubt ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_missing_phrase_is_a_violation_only_where_the_words_can_be_trusted(judged: Judged) -> None:
    said = "这里是星河银行，请讲话。"
    assert judged(GREET, [{"agent": said}, *DONE]).status == "violated"
    assert judged(GREET, [{"agent": said, "prob": 0.3}, *DONE]).status == "not_assessable"
    assert judged(GREET, [{"agent": "嗯嗯", "seconds": 6.0}, *DONE]).status == "not_assessable"
    assert judged(GREET, {"role_confidence": 0.5, "turns": [{"agent": said}, *DONE]}).status == "not_assessable"
    english = judged(GREET, {"language": "en", "turns": [{"agent": "How can I help you?"}, *DONE]})
    assert english.status == "not_assessable"
    assert "不是中文" in (english.why or "")


@pytest.mark.parametrize(("speaker_confidence", "status"), [(0.95, "violated"), (0.55, "not_assessable")])
def test_a_turn_that_may_be_the_customers_accuses_nobody(
    book_of: Callable[..., Rulebook], speaker_confidence: float, status: str
) -> None:
    call = call_from_script({"layout": "mono", "turns": [{"agent": "有本事就投诉我。"}, *DONE]})
    turns = tuple(replace(turn, speaker_confidence=speaker_confidence) for turn in call.turns)
    book = book_of("check: {operator: never_say, words: [有本事就投诉我]}")
    ((finding,), _) = judge(replace(call, turns=turns), book)
    assert finding.status == status


@pytest.mark.parametrize(("speaker", "status"), [("agent", "not_assessable"), ("customer", "violated")])
def test_an_unsure_stretch_in_a_sure_turn_accuses_nobody(
    book_of: Callable[..., Rulebook], speaker: str, status: str
) -> None:
    call = call_from_script({"layout": "mono", "turns": [{"agent": "有本事就投诉我。"}, *DONE]})
    spans = tuple(
        replace(span, confidence=0.55) if span.kind == "speech" and span.speaker == speaker else span
        for span in call.timeline.spans
    )
    book = book_of("check: {operator: never_say, words: [有本事就投诉我]}")
    ((finding,), _) = judge(replace(call, timeline=replace(call.timeline, spans=spans)), book)
    assert finding.status == status


def test_a_phrase_split_by_a_sign_of_listening_is_still_heard(judged: Judged) -> None:
    turns: Turns = [
        {"agent": "请问有什么可以", "seconds": 2.0},
        {"customer": "嗯。", "seconds": 0.3},
        {"agent": "帮助您？", "gap_s": 0.2},
    ]
    assert judged("check: {operator: say, any: [请问有什么可以帮助您]}", turns).status == "passed"


def test_on_a_mono_mix_a_phrase_beside_the_turn_is_in_doubt(judged: Judged) -> None:
    turns: Turns = [{"customer": "请问有什么可以帮助您。"}, {"agent": "这里是星河银行。"}]
    rule = "check: {operator: say, where: opening, any: [请问有什么可以帮助您]}"
    assert judged(rule, {"layout": "mono", "turns": turns}).status == "not_assessable"
    assert judged(rule, {"layout": "stereo", "turns": turns}).status == "violated"


def test_a_forbidden_phrase_heard_faintly_accuses_nobody(judged: Judged) -> None:
    rule = "check: {operator: never_say, words: [随便你]}"
    assert judged(rule, [{"agent": "随便你。"}]).status == "violated"
    assert judged(rule, [{"agent": "随便你。", "prob": 0.2}]).status != "violated"
    assert judged(rule, {"role_confidence": 0.3, "turns": [{"agent": "随便你。"}]}).status == "not_assessable"
    assert judged(rule, [{"customer": "随便你。"}, {"agent": "好的。"}]).status == "passed"


# ── never_say ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_exempt_words_alone_can_make_a_rule_not_applicable(judged: Judged) -> None:
    rule = "check: {operator: never_say, words: [保证], exempt: [保证金], exempted: not_applicable}"
    assert judged(rule, [{"agent": "保证金是一千元。"}]).status == "not_applicable"
    assert judged(rule, [{"agent": "保证金是一千元，我保证退给您。"}]).status == "violated"
    assert judged(rule, [{"agent": "您好。"}]).status == "passed"


def test_a_waived_reply_is_neither_kept_nor_broken(judged: Judged) -> None:
    rule = "check: {operator: respond, trigger: {words: [谢谢]}, any: [不客气], waived: [感谢您]}"
    assert judged(rule, [{"customer": "谢谢，再见。"}, {"agent": "感谢您的来电。"}]).status == "not_applicable"
    assert judged(rule, [{"customer": "谢谢，再见。"}, {"agent": "不客气，感谢您的来电。"}]).status == "passed"
    assert judged(rule, [{"customer": "谢谢，再见。"}, {"agent": "嗯，再见。"}]).status == "violated"


def test_every_excusing_group_must_be_heard(judged: Judged) -> None:
    rule = "check: {operator: never_say, words: [没办法], excused_by: [[对不起], [帮您问]]}"
    assert judged(rule, [{"agent": "对不起，我没办法。"}]).status == "violated"
    assert judged(rule, [{"agent": "对不起，我没办法，我帮您问一下。"}]).status == "passed"


def test_words_in_reply_count_only_after_such_a_turn(judged: Judged) -> None:
    rule = "check: {operator: never_say, words: [没有], anchor: whole, in_reply_to: {question: true}}"
    assert judged(rule, [{"customer": "还有货吗？"}, {"agent": "没有。"}]).status == "violated"
    assert judged(rule, [{"customer": "我要买货。"}, {"agent": "没有。"}]).status == "not_applicable"


@pytest.mark.parametrize(("n", "status"), [(2, "passed"), (3, "violated")])
def test_more_than_so_many_times_is_a_violation(judged: Judged, n: int, status: str) -> None:
    turns = [turn for _ in range(n) for turn in ({"customer": "好了吗？"}, {"agent": "随便你。"})]
    found = judged("check: {operator: never_say, words: [随便你], most_times: 2}", turns)
    assert found.status == status


# ── respond ──────────────────────────────────────────────────────────────────────────────────────────────────────
THANKS = "check: {operator: respond, trigger: {words: [谢谢]}, any: [不客气]"


def test_a_sign_of_listening_does_not_use_up_the_reply(judged: Judged) -> None:
    assert judged(THANKS + "}", [{"customer": "谢谢你。"}, {"agent": "嗯。"}, {"agent": "不客气。"}]).status == "passed"


@pytest.mark.parametrize(("by", "status"), [("agent", "violated"), ("customer", "not_applicable")])
def test_no_reply_at_all_depends_on_who_hung_up(judged: Judged, by: str, status: str) -> None:
    assert (
        judged(THANKS + "}", {"turns": [{"agent": "好了。"}, {"customer": "谢谢你。"}], "hangup": by}).status == status
    )


def test_each_or_the_first_occurrence_must_be_answered(judged: Judged) -> None:
    turns: Turns = [{"customer": "谢谢。"}, {"agent": "不客气。"}, {"customer": "谢谢。"}, {"agent": "再见。"}]
    assert judged(THANKS + "}", turns).status == "violated"
    assert judged(THANKS + ", which: first}", turns).status == "passed"


@pytest.mark.parametrize(("gap_s", "status"), [(5.0, "passed"), (5.2, "violated")])
def test_a_reply_must_begin_in_time(judged: Judged, gap_s: float, status: str) -> None:
    rule = "check: {operator: respond, trigger: {question: true}, delay_most_s: {value: 5, from: source}}"
    found = judged(rule, [{"customer": "几点开门？"}, {"agent": "九点。", "gap_s": gap_s}])
    assert found.status == status
    if status == "violated":
        assert (found.value, found.limit, found.unit) == (5.2, 5.0, "s")
        assert "建议值" not in found.message


# ── hold, steps ──────────────────────────────────────────────────────────────────────────────────────────────────
CHATTER: Turns = [
    {"customer": "帮我查一下。"},
    {"agent": "请您稍等。"},
    {"hold": 6, "kind": "silent"},
    {"agent": "昨晚那场球你看了没有真精彩。", "level_db": -34},
    {"silence": 6},
    {"agent": "让您久等了，查到了。"},
]


def test_chatter_while_parked_is_a_leak_and_no_return(judged: Judged) -> None:
    leak = "check: {operator: hold, leak_most_s: 1, back: [久等了]}"
    found = judged(leak, CHATTER)
    assert found.status == "violated"
    assert found.value is not None
    assert found.value > 2
    after = "check: {operator: hold, kinds: [silent], after: [久等了], back: [久等了]}"
    assert judged(after, CHATTER).status == "passed"
    assert judged(after, [*CHATTER[:5], {"agent": "查到了。"}]).status == "violated"


def test_consent_must_be_awaited(judged: Judged) -> None:
    rule = "check: {operator: hold, consent: {ask: [好吗], accept: [好的]}}"
    ask = {"agent": "我查一下，请稍等，好吗？"}
    back = {"agent": "让您久等了。"}
    assert judged(rule, [{"customer": "查一下。"}, ask, {"customer": "好的。"}, {"hold": 9}, back]).status == "passed"
    assert judged(rule, [{"customer": "查一下。"}, ask, {"hold": 9}, back]).status == "violated"
    assert judged(rule, [{"customer": "查一下。"}, {"agent": "等一下。"}, {"hold": 9}, back]).status == "violated"


@pytest.mark.parametrize(("hold_s", "status"), [(60, "not_applicable"), (61, "violated")])
def test_a_hold_longer_than_the_limit_needs_an_offer(judged: Judged, hold_s: int, status: str) -> None:
    rule = "check: {operator: hold, single_most_s: 60, unless_said: [给您回电]}"
    turns: Turns = [{"customer": "查一下。"}, {"agent": "请稍等。"}, {"hold": hold_s}, {"agent": "让您久等了。"}]
    assert judged(rule, turns).status == status
    assert judged(rule, [*turns, {"agent": "查到后给您回电。"}]).status == ("passed" if hold_s > 60 else status)


SILENCE = """
check:
  operator: steps
  start: silence
  steps:
    - {name: 请讲话, any: [听不到您的声音]}
    - {name: 再请讲话, any: [您好请讲话], wait_s: 3}
"""


@pytest.mark.parametrize(
    ("turns", "status"),
    [
        ([{"agent": "听不到您的声音，请讲话。", "gap_s": 6}, {"agent": "您好，请讲话。", "gap_s": 2.0}], "passed"),
        ([{"agent": "听不到您的声音，请讲话。", "gap_s": 6}, {"agent": "您好，请讲话。", "gap_s": 1.5}], "violated"),
        ([{"agent": "听不到您的声音，请讲话。", "gap_s": 6}, {"customer": "在的。", "gap_s": 1}], "passed"),
        ([{"agent": "喂，还在不在？", "gap_s": 6}, {"customer": "在的。"}], "violated"),
        ([{"customer": "八六零二。", "gap_s": 8}], "not_applicable"),
        ([{"agent": "您的号码是多少？", "gap_s": 4}, {"customer": "八六零二。"}], "not_applicable"),
    ],
)
def test_a_protocol_begins_with_a_silence_and_ends_with_the_customer(judged: Judged, turns: Turns, status: str) -> None:
    script = {"turns": [{"customer": "我要改号码。"}, {"agent": "请问改成哪个号码？"}, *turns], "hangup": "agent"}
    assert judged(SILENCE, script).status == status


# ── measured ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("at", "holiday", "status"), [
    ("2026-11-10T12:30:00+08:00", None, "violated"),
    ("2026-11-10T17:59:00+08:00", None, "passed"),
    ("2026-11-10T18:00:00+08:00", None, "violated"),
    ("2026-11-14T10:00:00+08:00", None, "violated"),
    ("2026-11-11T10:00:00+08:00", "中秋节", "violated"),
])  # fmt: skip
def test_a_calendar_knows_hours_weekends_and_holidays(
    judged: Judged, at: str, holiday: str | None, status: str
) -> None:
    rule = (
        "check: {operator: calendar, forbid: [{from: '12:00', to: '14:00'}, {outside_work_hours: true}, "
        "{days: [weekend, holiday]}]}"
    )
    script = {"started_at": at, "metadata": {"holiday": holiday} if holiday else {}, "turns": []}
    assert judged(rule, script).status == status


@pytest.mark.parametrize(("level_db", "status"), [(-16.0, "passed"), (-15.9, "violated")])
def test_a_turn_louder_than_the_limit_stands_out(judged: Judged, level_db: float, status: str) -> None:
    rule = "check: {operator: voice, signs: [{of: level_dbov, against: own, most: 6}]}"
    quiet = {"agent": "请您提供一下您的卡号后八位。"}
    assert (
        judged(rule, [quiet, quiet, quiet, {"agent": "我说的话你听见没有啊？", "level_db": level_db}]).status == status
    )


def test_a_turn_after_the_cue_is_held_against_those_before(judged: Judged) -> None:
    rule = (
        "check: {operator: voice, after: {words: [听不清]}, "
        "signs: [{of: level_dbov, against: own_before, least: 1, most: 9}]}"
    )
    turns: Turns = [{"agent": "请问有什么可以帮您？"}, {"customer": "声音太小，听不清。"}]
    assert judged(rule, [*turns, {"agent": "现在可以听清楚吗？", "level_db": -19}]).status == "passed"
    assert judged(rule, [*turns, {"agent": "现在可以听清楚吗？"}]).status == "violated"


def test_signs_together_count_only_where_all_are_out(judged: Judged) -> None:
    rule = "check: {operator: voice, together: true, signs: [{of: level_dbov, most: 6}, {of: rate_cpm, most: 0.25}]}"
    calm = {"agent": "请您提供一下您的卡号后八位。"}
    loud = {"agent": "我说的话你到底听见没有啊？", "level_db": -12}
    assert judged(rule, [calm, calm, calm, loud]).status == "passed"
    assert judged(rule, [calm, calm, calm, {**loud, "rate": 400}]).status == "violated"


def test_a_measurement_that_is_missing_cannot_be_assessed(judged: Judged) -> None:
    rule = "check: {operator: measure, name: snr_db, least: 10, what: 信噪比}"
    assert judged(rule, DONE).status == "not_assessable"
    assert judged(rule, {"measurements": {"snr_db": 10}, "turns": DONE}).status == "passed"
    assert judged(rule, {"measurements": {"snr_db": 9.9}, "turns": DONE}).status == "violated"


@pytest.mark.parametrize(
    ("overlap_s", "lasts_s", "status"), [(0.6, 2.0, "violated"), (0.4, 2.0, "passed"), (0.6, 0.9, "passed")]
)
def test_an_interruption_needs_overlap_and_more_than_a_backchannel(
    judged: Judged, overlap_s: float, lasts_s: float, status: str
) -> None:
    turns: Turns = [
        {"customer": "我的包裹三天了还没有收到", "seconds": 3.0},
        {"agent": "这个我们也没有办法", "overlap_s": overlap_s, "seconds": lasts_s},
    ]
    assert judged("check: {operator: interrupting, most: 0}", turns).status == status


def test_bare_requests_are_counted_by_clause(judged: Judged) -> None:
    rule = (
        "check: {operator: share, by: clauses, words: [请, 麻烦], others: [报一下, 等一下], least: 0.8, least_total: 2}"
    )
    assert judged(rule, [{"agent": "请您报一下卡号，麻烦等一下。"}]).status == "passed"
    assert judged(rule, [{"agent": "请问贵姓，卡号报一下，等一下。"}]).status == "violated"
    assert judged(rule, [{"agent": "等一下。"}]).status == "not_applicable"
    assert judged(rule, [{"agent": "马凡等一下，麻反报一下。"}]).status == "violated"
    assert judged(rule, [{"agent": "马烦等一下，麻反报一下。"}]).status == "passed"


def test_milestones_must_come_in_order(judged: Judged) -> None:
    rule = (
        "check: {operator: order, milestones: [{name: 问候, any: [您好]}, "
        "{name: 确认, any: [跟您确认一下]}, {name: 道别, any: [再见]}]}"
    )
    assert judged(rule, [{"agent": "您好。"}, {"agent": "跟您确认一下。"}, {"agent": "再见。"}]).status == "passed"
    assert judged(rule, [{"agent": "跟您确认一下。"}, {"agent": "您好。"}]).status == "violated"
    assert judged(rule, [{"agent": "跟您确认一下。"}]).status == "not_applicable"


def test_a_dictated_number_is_announced_or_slow(judged: Judged) -> None:
    rule = "check: {operator: dictation, warn: [麻烦您记录一下], rate_most_cpm: 240}"
    number = {"agent": "电话是零一零六二三四五六七八。", "rate": 300}
    assert judged(rule, [number]).status == "violated"
    assert judged(rule, [{**number, "rate": 240}]).status == "passed"
    assert judged(rule, [{"agent": "麻烦您记录一下。"}, number]).status == "passed"
    assert judged(rule, [{"customer": "零一零六二三四五六七八。"}, number]).status == "not_applicable"


def test_the_matter_is_repeated(judged: Judged) -> None:
    rule = "check: {operator: repeat_back, of: {words: [投诉]}}"
    told = {"customer": "我要投诉，昨天洗衣机送到以后门是坏的，安装师傅不肯换。"}
    again = {"agent": "您反映的是洗衣机送到以后门是坏的，安装师傅不肯换，对吗？"}
    assert judged(rule, [told, again]).status == "passed"
    assert judged(rule, [told, {"agent": "好的，我们会尽快给您一个满意的答复。"}]).status == "violated"


@pytest.mark.parametrize("heard", ["我姓林。", "我信林。", "免贵姓林，双木林。"])
def test_a_surname_is_known_by_its_sound(judged: Judged, heard: str) -> None:
    tail: Turns = [{"agent": "好的，请您报一下卡号。"}, {"customer": "六二一五。"}, {"agent": "已经办好了。"}]
    turns: Turns = [{"agent": "请问您贵姓？"}, {"customer": heard}, *tail]
    assert judged("check: {operator: address}", turns).status == "violated"
    assert judged("check: {operator: address}", [*turns, {"agent": "林女士，再见。"}]).status == "passed"
