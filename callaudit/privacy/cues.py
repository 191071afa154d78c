"""Words that say what a number beside them is, found by their sound: a recogniser writes 验正码 and 公号."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from callaudit.records import PersonalKind
from callaudit.text.pinyin import syllable_id, syllables

Says = PersonalKind | str
"""A kind of personal data, ``tail`` (no more than the last digits) or ``other`` (a number that is not personal)."""

_MANDARIN: Final[Mapping[str, Sequence[str]]] = {
    "card": (
        "卡号", "银行卡", "信用卡", "储蓄卡", "借记卡", "账号", "账户", "存折", "卡片号", "收款卡", "卡号码", "还款卡",
        "工资卡", "白金卡", "贷记卡", "账户号", "银行账号", "卡上的号码", "卡面", "卡上的数字", "卡上数字", "卡的号码",
    ),
    "code": (
        "验证码", "短信码", "动态码", "校验码", "安全码", "动态口令", "动态密码", "口令", "密码", "激活码", "授权码",
        "确认码", "背面三位", "后面三位", "后三位", "末三位", "最后三位", "签名栏", "短信验证", "背面的三位", "识别码",
        "短信里的", "短信的数字", "一次性密码", "交易码", "背后三位", "登录码", "背面那三位", "短信数字", "几位数字",
        "收到的数字", "收到的短信", "背面后三位", "三位数", "六位数", "四位数字", "六位数字", "背面数字",
    ),
    "phone": (
        "电话", "手机", "联系方式", "座机", "固话", "回电", "手机号", "来电号码", "联系号码", "打我这个", "打这个",
        "打给我", "固定电话", "家里号码", "办公室号码", "给我打", "传真", "微信",
    ),
    "identity": ("身份证", "证件号", "证件号码", "身份号码", "身份证号", "身份证件"),
    "plate": ("车牌", "车号", "牌照"),
    "tail": ("尾号", "后四位", "末四位", "最后四位", "尾数", "末尾四位", "末尾"),
    "other": (
        "订单", "单号", "运单", "快递单", "物流", "工号", "编号", "流水", "受理号", "工单", "合同", "发票", "积分",
        "房号", "型号", "序列号", "航班", "车次", "邮编", "条码", "取件码", "提货码", "房间", "代码", "户号", "学号",
        "病历", "挂号", "保单", "票号", "批次", "版本", "分机", "消费", "余额", "里程", "邮政编码", "二维码", "单子",
        "订单号码", "运单号码", "快递号", "案件号", "投诉号", "登记号", "排队号", "金额", "热线", "总机", "条形码",
        "包裹", "料号", "货号", "会议号", "缴费号", "客户号", "表号", "电表", "燃气表", "流水号", "交易号", "桌号",
        "拨打", "致电", "商户号", "税号", "信用代码", "服务号", "期号", "标准号", "文号", "版本号", "批号",
    ),
}  # fmt: skip

_ENGLISH: Final[Mapping[str, str]] = {
    "card": r"card number|(?:credit|debit|bank) card|account(?: number)?|card ending|the card|your card|my card",
    "code": (
        r"cvv2?|cvc|c v v|c v c|security code|verification code|pass ?code|one[- ]time|pin(?: number)?|password|"
        r"digits on the back|confirmation text|code (?:we|i|you)|text(?:ed)? (?:me|you) (?:a|the) code|the code"
    ),
    "phone": r"phone(?: number)?|cell(?: ?phone)?|mobile|call (?:me|you)(?: back)?|reach (?:me|you)|telephone|callback",
    "identity": r"social security(?: number)?|s s n|ssn|social|driver'?s licen[cs]e|passport",
    "plate": r"licen[cs]e plate|plate number|registration number",
    "tail": r"last four|last 4|ending in|ends in|ends with",
    "other": (
        r"order(?: number)?|tracking(?: number)?|reference(?: number)?|ticket(?: number)?|case(?: number)?|invoice|"
        r"badge|extension|flight|room|agent number|employee|points|model|serial|zip(?: code)?|confirmation number|"
        r"claim|policy(?: number)?|balance|total|booking|hotline|postcode|store number|part number"
    ),
}

CUES: Final = ("zh", "en")
_SOUND: Final = 0xE000
_LETTERS: Final = re.compile(r"[Cc]\s?[Vv]\s?[VvCc]\s?[2二]?|西微微|OTP")


@dataclass(frozen=True, slots=True)
class Cue:
    """Such a word: text[start:end], and what it says."""

    start: int
    end: int
    says: Says


def cues_in(text: str, tongue: str) -> tuple[Cue, ...]:
    """The cues of a text in order; the longest where several begin at one place.

    >>> [cue.says for cue in cues_in("您的验正码和信用卡尾号", "zh")], [c.says for c in cues_in("Card number?", "en")]
    (['code', 'card', 'tail'], ['card'])
    """
    if tongue != "zh":
        return tuple(Cue(f.start(), f.end(), f.lastgroup or "") for f in _english().finditer(text.lower()))
    pattern, says = _mandarin()
    found = [Cue(f.start(), f.end(), says[f[0]]) for f in pattern.finditer(_sounds(text))]
    return tuple(sorted((*found, *_letters(text)), key=lambda cue: (cue.start, cue.end)))


def _letters(text: str) -> tuple[Cue, ...]:
    return tuple(Cue(found.start(), found.end(), "code") for found in _LETTERS.finditer(text))


def _sounds(text: str) -> str:
    """One character a syllable, in its place."""
    return "".join(
        chr(_SOUND + syllable_id(sound)) if sound else char for sound, char in zip(_said(text), text, strict=True)
    )


@lru_cache(maxsize=4096)
def _said(text: str) -> tuple[str, ...]:
    return syllables(text)


@lru_cache(maxsize=1)
def _mandarin() -> tuple[re.Pattern[str], Mapping[str, Says]]:
    says = {_sounds(word): kind for kind, own in _MANDARIN.items() for word in own}
    return re.compile("|".join(map(re.escape, sorted(says, key=len, reverse=True)))), says


@lru_cache(maxsize=1)
def _english() -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?P<{says}>{pattern})\b" for says, pattern in _ENGLISH.items()))
