"""What else may have been said: readings excuse, and never accuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callaudit.records import Call, Finding, Reading
from callaudit.rules import judge
from callaudit.rules.readings import Hearing, hearings
from callaudit.rules.second_hearing import posterior
from callaudit.spans import Span
from callaudit.testing.scripts import call_from_script, spread
from callaudit.text.languages import TONGUES
from tests.books import built_in

BOOK = built_in("etiquette-zh")
GREETING = "check: {operator: say, where: opening, what: 问候语, any: [您好]}"
FORBIDDEN = "check: {operator: never_say, words: [不知道], exempt: [您知不知道]}"
THANKED = "check: {operator: respond, trigger: {words: [谢谢你]}, any: [不客气], what: 不客气}"

Judged = Callable[..., Finding]


def agent(text: str, **readings: float) -> dict[str, Any]:
    return {"agent": text, "readings": readings}


# ── one phrase ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("share", "status"),
    [(0.0, "violated"), (0.35, "violated"), (0.36, "not_assessable"), (0.45, "not_assessable"), (0.5, "passed"),
     (0.9, "passed")],
)  # fmt: skip
def test_a_missing_phrase_of_a_reading_is_doubtful_and_said_where_probable(
    judged: Judged, share: float, status: str
) -> None:
    found = judged(GREETING, [agent("你以后，这里是银行。", **{"你好，这里是银行。": share})])
    assert found.status == status
    if status == "passed":
        assert found.matched is not None
        assert "听作“你以后这里”，也可能是“你好这里”" in found.matched
        assert f"占 {share:.0%}" in found.matched
        assert found.confidence <= share
    if status == "not_assessable":
        assert found.why is not None
        assert "复核" in found.why


def test_a_doubtful_violation_is_less_sure(judged: Judged) -> None:
    sure = judged(GREETING, [agent("你以后，这里是银行。")])
    doubtful = judged(GREETING, [agent("你以后，这里是银行。", **{"你好，这里是银行。": 0.05})])
    assert doubtful.confidence == pytest.approx(0.95 * sure.confidence, abs=0.001)


@pytest.mark.parametrize(("share", "status"), [(0.05, "violated"), (0.4, "not_assessable"), (0.7, "passed")])
def test_a_forbidden_phrase_is_held_against_its_readings(judged: Judged, share: float, status: str) -> None:
    assert judged(FORBIDDEN, [agent("这个我不知道。", **{"这个我知道。": share})]).status == status


def test_the_doubt_about_a_reading_is_its_share_and_not_that_of_its_words(judged: Judged) -> None:
    script = {"agent": "你以后说吧。", "readings": {"你好说吧。": 0.3}}
    clear, faint = judged(GREETING, [{**script, "prob": 0.9}]), judged(GREETING, [{**script, "prob": 0.55}])
    assert clear.why == faint.why
    rule = "check: {operator: say, where: opening, what: 报名, any: [您好工号为您服务]}"
    assert judged(rule, [{**script, "prob": 0.55}]).status == "violated"


def test_readings_that_agree_are_evidence(judged: Judged) -> None:
    found = judged(FORBIDDEN, [agent("这个我不知道。", **{"那个我不知道。": 0.4}), agent("再见。", **{"再建。": 0.4})])
    assert found.status == "violated"
    assert found.matched is not None
    assert found.matched.endswith("各种听法一致")
    elsewhere = judged(FORBIDDEN, [agent("这个我不知道。"), agent("再见。", **{"再建。": 0.4})])
    assert elsewhere.matched is not None
    assert "复核" not in elsewhere.matched


def test_a_reading_of_an_exempt_phrase_excuses(judged: Judged) -> None:
    assert judged(FORBIDDEN, [agent("那不知道吧。", **{"您知不知道吧。": 0.6})]).status == "passed"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_what_only_a_reading_holds_accuses_nobody(judged: Judged, share: float) -> None:
    clean = judged(FORBIDDEN, [agent("这个我知道。")])
    found = judged(FORBIDDEN, [agent("这个我知道。", **{"这个我不知道。": share})])
    assert (found.status, found.confidence) == ("passed", clean.confidence)


def test_several_readings_of_a_stretch_add_up(judged: Judged) -> None:
    readings = {"你好，这里是银行。": 0.3, "您好，这里是银行。": 0.3}
    assert judged(GREETING, [agent("你以后，这里是银行。", **readings)]).status == "passed"


# ── situations ───────────────────────────────────────────────────────────────────────────────────────────────────
def thanked(first: str, *, again: str, share: float) -> list[dict[str, Any]]:
    return [{"customer": first, "readings": {again: share}}, {"agent": "好的，再见。"}, {"customer": "再见。"}]


def test_a_situation_of_a_reading_alone_asks_for_nothing(judged: Judged) -> None:
    assert judged(THANKED, thanked("先挂了。", again="谢谢你了。", share=0.8)).status == "not_applicable"


@pytest.mark.parametrize(("share", "status"), [(0.05, "violated"), (0.4, "not_assessable"), (0.6, "not_applicable")])
def test_a_doubtful_situation_makes_what_follows_doubtful(judged: Judged, share: float, status: str) -> None:
    assert judged(THANKED, thanked("谢谢你了。", again="先挂了。", share=share)).status == status


def test_a_graver_severity_rests_on_no_doubtful_situation(judged: Judged) -> None:
    rule = FORBIDDEN + "\nraised: {to: critical, when: [{situation: {words: [我要投诉]}}]}"
    for share, severity in ((0.05, "critical"), (0.3, "minor")):
        script = [{"customer": "我要投诉你们。", "readings": {"我要通宿舍吗。": share}}, agent("这个我不知道。")]
        assert judged(rule, script).severity == severity


# ── whole calls ──────────────────────────────────────────────────────────────────────────────────────────────────
SCRIPT = [
    {"agent": "以后，这里是星河银行，请讲。"},
    {"customer": "我想查一下账单，卡号是六二一五三零九七。"},
    {"agent": "卡号不知道对不对，等一下。"},
    {"hold": 20},
    {"agent": "你的账单是两千元。"},
    {"customer": "谢谢你。"},
    {"agent": "好，再见。"},
]


def with_readings(call: Call, readings: Iterable[tuple[int, Reading]]) -> Call:
    turns = list(call.turns)
    for k, reading in readings:
        turns[k] = replace(turns[k], readings=(*turns[k].readings, reading))
    return replace(call, turns=tuple(turns))


CALL = call_from_script(SCRIPT)
PLAIN = {found.rule: found for found in judge(CALL, BOOK)[0]}


@st.composite
def readings(draw: st.DrawFn) -> tuple[int, Reading]:
    k = draw(st.integers(0, len(CALL.turns) - 1))
    words = CALL.turns[k].words
    first = draw(st.integers(0, len(words) - 1))
    last = draw(st.integers(first, min(first + 5, len(words) - 1)))
    span = Span(words[first].span.start_s, words[last].span.end_s)
    text = draw(st.sampled_from(["", "您好", "不知道", "请稍等", "谢谢", "我要投诉", "你烦不烦", "再见"]))
    return k, Reading(span, spread(text, span, 0.9), draw(st.floats(0, 1)))


@pytest.mark.slow
@settings(deadline=None, max_examples=15, derandomize=True)
@given(st.lists(readings(), max_size=3))
def test_no_reading_adds_a_violation(said: list[tuple[int, Reading]]) -> None:
    findings, failures = judge(with_readings(CALL, said), BOOK)
    assert failures == ()
    for found in findings:
        plain = PLAIN[found.rule]
        assert found.status != "violated" or plain.status == "violated"
        assert plain.status != "passed" or found.status == "passed"
        assert found.status != "violated" or found.confidence <= plain.confidence


def test_readings_that_say_the_same_change_no_judgement() -> None:
    said = [(k, Reading(turn.span, turn.words, 0.5)) for k, turn in enumerate(CALL.turns)]
    for found in judge(with_readings(CALL, said), BOOK)[0]:
        plain = PLAIN[found.rule]
        assert (found.status, found.confidence) == (plain.status, plain.confidence)


# ── readings laid over turns ─────────────────────────────────────────────────────────────────────────────────────
def test_a_reading_replaces_the_words_of_its_stretch_alone() -> None:
    words = CALL.turns[0].words
    span = Span(words[0].span.start_s, words[1].span.end_s)
    own = with_readings(CALL, [(0, Reading(span, spread("您好", span, 0.9), 0.7))])
    (hearing,) = hearings(own.turns, TONGUES["zh"])
    assert "".join(word.text for word in hearing.words) == "您好这里是星河银行，请讲。"
    assert (hearing.first, hearing.again) == ("以后这里", "您好这里")


def test_words_of_a_reading_that_lie_in_another_turn_are_left_to_it() -> None:
    one, other = CALL.turns[0], CALL.turns[2]
    span = Span(one.span.start_s, other.span.end_s)
    (hearing,) = hearings(
        with_readings(CALL, [(0, Reading(span, (*one.words, *other.words), 0.7))]).turns, TONGUES["zh"]
    )
    assert hearing.same
    assert [word.text for word in hearing.words] == [word.text for word in one.words]


def test_shares_add_up_within_a_stretch_and_stretches_are_independent() -> None:
    def heard(stretch: int, share: float) -> Hearing:
        return Hearing(0, stretch, Span(0, 1), share, (), "一", "二")

    said = [(heard(1, 0.2), True), (heard(1, 0.3), False), (heard(2, 0.5), True)]
    assert posterior(False, said) == pytest.approx(1 - 0.8 * 0.5)
    assert posterior(True, said) == pytest.approx(0.7)
    assert posterior(True, []) == 1.0
    assert posterior(False, []) == 0.0
