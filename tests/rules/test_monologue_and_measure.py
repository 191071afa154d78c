"""How long one party speaks on, what a metadata limit does, and words that are good to say but no duty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from callaudit.records import Finding

Judged = Callable[..., Finding]
Turns = list[dict[str, Any]]
LONG = "check: {operator: monologue, most_s: 45, asks: [清楚了吗], not_cue: {who: agent, words: [请您记录]}}"
TALK = "我们这款产品首先是保障全面其次是收益稳健"


@pytest.mark.parametrize(("seconds", "status"), [(45, "passed"), (45.5, "violated")])
def test_a_monologue_is_too_long_above_the_limit(judged: Judged, seconds: float, status: str) -> None:
    found = judged(LONG, [{"agent": TALK * 12, "seconds": seconds}, {"customer": "哦。"}])
    assert found.status == status
    assert (found.value, found.limit, found.unit) == (seconds, 45, "s")


@pytest.mark.parametrize(
    ("between", "status"), [("嗯。", "violated"), ("那保费每年要交多少钱？", "passed")], ids=["listens", "speaks"]
)
def test_signs_of_listening_do_not_end_a_monologue(judged: Judged, between: str, status: str) -> None:
    half = {"agent": TALK * 6, "seconds": 25.0}
    assert judged(LONG, [half, {"customer": between}, half]).status == status


@pytest.mark.parametrize(
    ("said", "status"),
    [(TALK * 6 + "您清楚了吗" + TALK * 6, "passed"), ("请您记录一下" + TALK * 12, "not_applicable")],
)
def test_a_stretch_with_a_question_or_a_dictation_is_no_monologue(judged: Judged, said: str, status: str) -> None:
    assert judged(LONG, [{"agent": said, "seconds": 60.0}]).status == status


def test_a_monologue_whose_words_are_missing_accuses_nobody(judged: Judged) -> None:
    assert judged(LONG, [{"agent": TALK, "seconds": 60.0}, {"customer": "哦。"}]).status == "not_assessable"


@pytest.mark.parametrize(
    ("metadata", "status"),
    [({}, "not_applicable"), ({"most_talk": "60"}, "passed"), ({"most_talk": "59"}, "violated"),
     ({"most_talk": "much"}, "not_applicable")],
)  # fmt: skip
def test_a_limit_may_come_with_the_call(judged: Judged, metadata: dict[str, str], status: str) -> None:
    rule = "check: {operator: measure, name: talk_s, most_from: most_talk}"
    call = {"metadata": metadata, "measurements": {"talk_s": 60}, "turns": [{"agent": "您好。"}]}
    assert judged(rule, call).status == status


@pytest.mark.parametrize(
    ("usual", "status"), [("200", "passed"), ("201", "violated"), (None, "not_assessable"), ("0", "not_assessable")]
)
def test_a_measurement_may_be_held_against_what_is_usual(judged: Judged, usual: str | None, status: str) -> None:
    rule = "check: {operator: measure, name: rate, against: usual_rate, least: 0.05}"
    call = {
        "metadata": {"usual_rate": usual} if usual else {},
        "measurements": {"rate": 210},
        "turns": [{"agent": "您好。"}],
    }
    assert judged(rule, call).status == status


@pytest.mark.parametrize(
    ("said", "status"),
    [("您对我们的服务满意吗？", "passed"), ("再见。", "not_applicable"), ("你爱满意不满意。", "violated")],
)
def test_optional_words_are_praised_and_never_missed(judged: Judged, said: str, status: str) -> None:
    rule = "check: {operator: say, optional: true, any: [您…满意吗], refuse: [爱满意不满意]}"
    assert judged(rule, [{"customer": "好。"}, {"agent": said}]).status == status


def test_words_of_either_party_count_where_asked_for(judged: Judged) -> None:
    rule = "check: {operator: say, who: any, parts: [{name: 何时, any: [下午]}, {name: 何地, any: [三栋]}]}"
    assert judged(rule, [{"customer": "三栋漏水了。"}, {"agent": "下午来人。"}]).status == "passed"
    assert judged(rule, [{"customer": "漏水了。"}, {"agent": "下午来人。"}]).status == "violated"


@pytest.mark.parametrize(
    ("turns", "status"),
    [
        ([{"agent": "哪里坏了？"}, {"customer": "门坏了。"}], "passed"),
        ([{"customer": "门坏了。"}, {"agent": "哪里坏了？"}], "passed"),
        ([{"customer": "门坏了。"}, {"agent": "知道了。"}], "violated"),
    ],
)
def test_milestones_in_any_order_must_only_be_there(judged: Judged, turns: Turns, status: str) -> None:
    rule = """
        check:
          operator: order
          any_order: true
          milestones:
            - {name: 问题, cue: {words: [坏了]}}
            - {name: 询问, cue: {who: agent, words: [哪里]}, required: true}
        """
    found = judged(rule, turns)
    assert found.status == status
    assert status != "violated" or found.quote == "门坏了。"


@pytest.mark.parametrize(
    ("metadata", "status"),
    [({"kind": "short"}, "violated"), ({"kind": "long"}, "not_applicable"), ({}, "not_assessable")],
)
def test_a_check_may_have_a_condition_of_its_own(judged: Judged, metadata: dict[str, str], status: str) -> None:
    rule = "check: [{operator: never_say, words: [吃饭了吗], when: [{meta: {kind: [short]}}]}]"
    assert judged(rule, {"metadata": metadata, "turns": [{"agent": "您好，吃饭了吗？"}]}).status == status


def test_what_someone_else_must_judge_is_shown(judged: Judged) -> None:
    rule = "check: {operator: needs, what: 人工复听, show: {who: any, words: [吃东西]}}"
    found = judged(rule, [{"agent": "您好。"}, {"customer": "你是不是在吃东西？"}])
    assert found.status == "not_assessable"
    assert [place.speaker for place in found.places] == ["customer"]
    assert found.quote == "你是不是在吃东西？"
