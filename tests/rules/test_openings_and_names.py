"""What rules of openings, numbers and names ask of operators beyond the rulebook's own examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from callaudit.records import Finding

Judged = Callable[..., Finding]


@pytest.mark.parametrize(
    ("turns", "status"),
    [
        ([{"agent": "安和物业，"}, {"agent": "您好。", "gap_s": 0.8}, {"customer": "你好。"}], "passed"),
        ([{"agent": "安和物业。"}, {"agent": "您好。", "gap_s": 4}, {"customer": "你好。"}], "violated"),
        ([{"agent": "安和物业。"}, {"customer": "喂？"}, {"agent": "您好。"}], "violated"),
    ],
)
def test_the_greeting_is_what_is_said_in_one_breath(judged: Judged, turns: list[dict[str, Any]], status: str) -> None:
    assert judged("check: {operator: say, where: greeting, any: [您好]}", turns).status == status


@pytest.mark.parametrize(("gap_s", "status"), [(-1.5, "not_applicable"), (0.3, "violated"), (-0.1, "violated")])
def test_a_greeting_is_interrupted_by_words_before_its_end(judged: Judged, gap_s: float, status: str) -> None:
    rule = "excuse: [{greeting_interrupted: true}]\ncheck: {operator: say, where: opening, any: [有什么可以帮您]}"
    turns = [
        {"agent": "您好，安和物业服务中心。", "seconds": 3},
        {"customer": "我家电梯坏了怎么没人管。", "gap_s": gap_s},
    ]
    assert judged(rule, turns).status == status


@pytest.mark.parametrize(
    ("name", "turn", "status"),
    [
        ("何静", "安和物业，何静。", "passed"),
        ("何静", "安和物业，您好。", "violated"),
        (None, "安和物业，何静。", "violated"),
    ],
)
def test_a_slot_that_must_be_known_is_found_only_where_it_is(
    judged: Judged, name: str | None, turn: str, status: str
) -> None:
    metadata = {"agent_name": name} if name else {}
    rule = "check: {operator: say, where: first, any: ['{agent_name!}', 工号], hidden: false}"
    assert judged(rule, {"metadata": metadata, "turns": [{"agent": turn}, {"customer": "你好。"}]}).status == status


@pytest.mark.parametrize(
    ("polite", "plain", "prob", "status"),
    [
        (4, 1, 0.95, "passed"),
        (3, 2, 0.95, "not_assessable"),
        (2, 3, 0.95, "violated"),
        (2, 3, 0.5, "not_assessable"),
        (1, 2, 0.95, "not_applicable"),
    ],
)
def test_a_share_between_its_limits_is_open(judged: Judged, polite: int, plain: int, prob: float, status: str) -> None:
    rule = "check: {operator: share, words: [您], others: [你], least: 0.5, pass_from: 0.8, least_prob: 0.6}"
    text = "，".join(["您的卡号"] * polite + ["你的电话"] * plain)
    assert judged(rule, [{"agent": text, "prob": prob}, {"customer": "好的。"}]).status == status


@pytest.mark.parametrize(
    ("before", "customer", "status"),
    [
        ("请报卡号。", "六二一五三零九七。", "violated"),
        ("挂失热线是九五五二七六六。", "九五五二七六六，对吧。", "not_applicable"),
        ("请问哪年开的户？", "二零二四年开的。", "not_applicable"),
    ],
)
def test_only_a_number_of_the_customers_own_is_read_back(
    judged: Judged, before: str, customer: str, status: str
) -> None:
    turns = [{"agent": before}, {"customer": customer}, {"agent": "好的，我查一下。"}, {"agent": "已经办好了。"}]
    assert judged("check: {operator: readback}", turns).status == status


@pytest.mark.parametrize(
    ("from_metadata", "customer", "agent", "status"),
    [
        ("false", "利率多少？", "百分之四，还有问题吗？", "not_applicable"),
        ("true", "利率多少？", "百分之四，还有问题吗？", "violated"),
        ("false", "利率多少？", "许先生，百分之四。", "passed"),
        ("false", "我姓许，利率多少？", "百分之四，还有问题吗？", "violated"),
    ],
)
def test_a_name_that_only_the_metadata_hold_counts_on_demand(
    judged: Judged, from_metadata: str, customer: str, agent: str, status: str
) -> None:
    rule = f"check: {{operator: address, from_metadata: {from_metadata}}}"
    turns = [
        {"agent": "您好。"},
        {"customer": customer},
        {"agent": agent},
        {"customer": "没有了。"},
        {"agent": "好的，再见。"},
    ]
    assert judged(rule, {"metadata": {"customer_name": "许先生"}, "turns": turns}).status == status
