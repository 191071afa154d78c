"""Numbers as they are read aloud in Mandarin, and back.

Recognisers write what they heard as digits or as Han numerals, at random; here both become one form. The code is our
own because what is needed is the choice of the reading (8016号 digit by digit, 8016元 as a quantity, 2026年 as a year,
幺 for 1): cn2an, the maintained library, converts a clean number either way, but refuses mixed runs, 幺 and digit
strings, which is all a transcript has.
"""

from __future__ import annotations

import re

_WRITTEN = ("零〇○", "一壹幺", "二贰两俩", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
DIGITS = {char: value for value, group in enumerate(_WRITTEN) for char in group}
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10_000, "亿": 100_000_000}
NUMERALS = frozenset(DIGITS) | frozenset(UNITS)
MASK = "＊"
"""Stands for a digit or character that is hidden."""

_HAN = "零一二三四五六七八九"
_MEASURE = "元块角毛分秒天日月周年岁次个位位名笔件张份家条台户点小刻度斤克米吨折倍成层楼遍声兆G"
_IDENTITY = (
    "号",
    "尾号",
    "工号",
    "号码",
    "账号",
    "卡号",
    "编号",
    "单号",
    "电话",
    "手机",
    "拨打",
    "验证码",
    "密码",
    "分机",
)
_NUMBER = re.compile(r"\d+(?:[.:]\d+)?%?")
_HAN_NUMBER = re.compile(r"[零〇○一壹幺二贰两俩三叁四肆五伍六陆七柒八捌九玖十拾百佰千仟万亿]+")


def spoken(text: str) -> str:
    """The text with its digits as Han numerals, in the reading that the words beside them ask for.

    Digit by digit: what leads with 0, has five digits or more, stands before 号 or 年 (four digits) or behind 尾号,
    电话 and the like, or has three or four digits and no measure word. Everything else is read as a quantity.

    >>> spoken("工号8016,24小时内,2026年3月,共350元,涨了5%")
    '工号八零一六,二十四小时内,二零二六年三月,共三百五十元,涨了百分之五'
    """
    return _NUMBER.sub(lambda found: _read(found[0], text[: found.start()], text[found.end() :]), text)


def _read(number: str, before: str, after: str) -> str:
    if number.endswith("%"):
        return "百分之" + _quantity(number[:-1])
    if ":" in number:
        hours, minutes = number.split(":")
        return (
            _quantity(hours)
            + "点"
            + ("" if int(minutes) == 0 else ("零" if minutes[0] == "0" else "") + _quantity(minutes) + "分")
        )
    if "." in number or not _by_digits(number, before, after):
        return _quantity(number)
    return "".join(_HAN[int(digit)] for digit in number)


def _by_digits(number: str, before: str, after: str) -> bool:
    after = after.lstrip()
    measured = after[:1] != "" and after[0] in _MEASURE
    if len(number) > 1 and number[0] == "0":
        return True
    if measured and not (after[0] in "年" and len(number) == 4):
        return False
    if len(number) >= 5 or (len(number) == 4 and after[:1] == "年"):
        return True
    if re.sub(r"[\s,,::是为]+$", "", before).endswith(_IDENTITY) or (after[:1] == "号" and len(number) >= 3):
        return True
    return len(number) >= 3 and not (number.endswith("00") or after[:1] in ("万", "亿", "百", "千"))


def _quantity(number: str) -> str:
    """A number as a quantity: 105 → 一百零五, 12 → 十二, 3.5 → 三点五."""
    whole, _, fraction = number.partition(".")
    text = _whole(int(whole))
    return text + ("点" + "".join(_HAN[int(digit)] for digit in fraction) if fraction else "")


def _whole(value: int) -> str:
    if value < 10:
        return _HAN[value]
    for unit, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if value >= unit:
            high, low = divmod(value, unit)
            head = ("" if unit == 10 and high == 1 else _whole(high)) + name
            if low == 0:
                return head
            gap = "零" if low < unit // 10 else ""
            tail = "一" + _whole(low) if 10 <= low < 20 else _whole(low)
            return head + gap + tail
    raise ValueError(f"not a count: {value}")


def digits(text: str) -> str:
    """All digits of the text, Han numerals read as digits; a numeral with 十, 百, 千 … gives its value.

    >>> digits("工号八零幺六"), digits("8016"), digits("尾号 八千零一十六")
    ('8016', '8016', '8016')

    A masked digit stays masked.

    >>> digits("尾号＊＊＊＊")
    '＊＊＊＊'
    """
    return "".join(re.findall(rf"[\d{MASK}]+", _HAN_NUMBER.sub(lambda found: _as_digits(found[0]), text)))


def _as_digits(run: str) -> str:
    if any(char in UNITS for char in run):
        return str(_value(run))
    return "".join(str(DIGITS[char]) for char in run)


def value(text: str) -> float | None:
    """The first number of the text, in digits or Han numerals; None where there is none.

    >>> value("二十四小时内"), value("大约两百三十五块"), value("3.5元"), value("请稍等")
    (24.0, 235.0, 3.5, None)
    >>> value("两万五"), value("三点五倍")
    (25000.0, 3.5)
    """
    found = re.search(_HAN_NUMBER.pattern + r"(?:点[零一二三四五六七八九]+)?|\d+(?:\.\d+)?", text)
    if found is None:
        return None
    run, _, fraction = found[0].partition("点")
    if run[0].isdigit():
        return float(run)
    if not any(char in UNITS for char in run):
        whole = float("".join(str(DIGITS[char]) for char in run))
    else:
        whole = float(_value(run))
    return whole + (float("0." + "".join(str(DIGITS[char]) for char in fraction)) if fraction else 0.0)


def _value(run: str) -> int:
    """Value of a Han numeral with units: 八千零一十六 → 8016, 两万五 → 25000, 十二 → 12."""
    total = section = 0
    digit: int | None = None
    last_unit = 1
    zero = False
    for char in run:
        if char in DIGITS:
            digit = DIGITS[char] if digit is None or digit == 0 else digit * 10 + DIGITS[char]
            zero = DIGITS[char] == 0
            continue
        unit = UNITS[char]
        if unit >= 10_000:
            total = (
                (total + section + (digit or 0)) * unit
                if unit > max(total, 1)
                else total + (section + (digit or 0)) * unit
            )
            section = 0
        else:
            section += (1 if digit is None else digit or 1) * unit
        digit, last_unit, zero = None, unit, False
    if digit is not None:
        short = last_unit >= 100 and digit < 10 and not zero and run[-2:-1] in UNITS  # 两万五, 三百二
        section += digit * (last_unit // 10 if short else 1)
    return total + section


_VOWELS = re.compile(r"[aeiouy]+")


def spoken_length(text: str) -> int:
    """Number of Han characters, or syllables in their place, that reading the text aloud takes; punctuation counts 0.

    Latin capitals and vowelless or one-letter words are read letter by letter (one each); other Latin words count
    their groups of vowels, a silent final e left out.

    >>> spoken_length("您好,24小时"), spoken_length("APP"), spoken_length("VIP 8016号"), spoken_length("online")
    (7, 3, 8, 2)
    """
    read = spoken(text)
    count = len(re.findall(rf"[㐀-鿿𠀀-𯿿{MASK}]|〇", read))
    for word in re.findall(r"[A-Za-z]+", read):
        lower = word.lower()
        groups = len(_VOWELS.findall(re.sub(r"(?<=[^aeiou]{1})e$", "", lower)))
        count += len(word) if word.isupper() or groups == 0 else groups
    return count
