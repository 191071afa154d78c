"""Numbers as read aloud, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.text.numbers import digits, spoken, spoken_length, value

READINGS = [
    ("工号8016", "工号八零一六"),
    ("8016号很高兴为您服务", "八零一六号很高兴为您服务"),
    ("请拨打10086", "请拨打一零零八六"),
    ("2026年11月10日", "二零二六年十一月十日"),
    ("12小时内", "十二小时内"),
    ("一共2360元", "一共二千三百六十元"),
    ("还有105块", "还有一百零五块"),
    ("等3分钟", "等三分钟"),
    ("10:05", "十点零五分"),
    ("3.5折", "三点五折"),
    ("30%", "百分之三十"),
    ("尾号6215", "尾号六二一五"),
    ("手机13055297720", "手机一三零五五二九七七二零"),
    ("1万", "一万"),
    ("300元", "三百元"),
    ("3号楼2单元", "三号楼二单元"),
    ("0571", "零五七一"),
    ("第1010条", "第一千零一十条"),
]


@pytest.mark.parametrize(("text", "read"), READINGS)
def test_digits_are_read_as_the_words_beside_them_ask(text: str, read: str) -> None:
    assert spoken(text) == read


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("八零一六", "8016"),
        ("8016", "8016"),
        ("八零幺六号", "8016"),
        ("您贵姓", ""),
        ("二零二六年十二月", "202612"),
        ("两千三", "2300"),
    ],
)
def test_numerals_and_digits_are_one(text: str, found: str) -> None:
    assert digits(text) == found


@given(st.integers(min_value=0, max_value=10**11))
def test_a_quantity_read_aloud_keeps_its_value(number: int) -> None:
    assert value(spoken(f"{number}.0").removesuffix("点零")) == number


@given(st.text(alphabet="0123456789", min_size=5, max_size=19))
def test_a_string_of_digits_read_aloud_keeps_them(number: str) -> None:
    assert digits(spoken(f"卡号{number}号")) == number


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("您好，请稍等！", 5),
        ("8016号", 5),
        ("共 2360 元", 8),
        ("VIP客户", 5),
        ("OK", 2),
        ("app", 1),
        ("online", 2),
        ("Kevin", 2),
    ],
)
def test_length_counts_what_is_said(text: str, length: int) -> None:
    assert spoken_length(text) == length


@given(st.text(alphabet="您好请稍等，。？ 客户服务"))
def test_length_of_plain_text_is_its_characters(text: str) -> None:
    assert spoken_length(text) == sum("一" <= char <= "鿿" for char in text)
