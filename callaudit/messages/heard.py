"""What a call says of itself, put into other languages.

Why a hang-up is unknown, a measure missing or a warning given is written when a call is heard, in Chinese, and kept
with it; nobody knows then in which language it will be reported. So the sentence itself is the key, as in gettext. `{}`
stands for what differs from call to call; `{…}` for a text that is translated in its turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

EN: Final[Mapping[str, str]] = {
    # timeline
    "随录音提供的资料注明": "as the metadata say",
    "录音结束前没有忙音，听不出哪一方先挂机": "no busy tone before the end, so not known who hung up first",
    "单声道混音，忙音来自哪一方无法分辨": "a mono mix: not known from which side the busy tone comes",
    "有忙音，但该声道的角色不明": "there is a busy tone, but not known whose channel it is on",
    "挂机后的忙音出现在该方声道": "the busy tone is on this party's channel",
    # who is who
    "由使用者指定": "given by the user",
    "证据不足，暂按先后判断": "too little to go by: taken by who spoke first",
    "只听到一方说话，话语看不出身份": "only one party was heard, and its words do not tell which",
    "只听到一方说话，依其用语判断": "only one party was heard; by its words",
    "依双方用语": "by what both say",
    "回铃音在被叫一方的声道": "the ringback tone is on the called party's channel",
    "等待音乐在坐席一方的声道": "the hold music is on the agent's channel",
    "接通后先开口的一方": "spoke first after the answer",
    "自动语音播报": "an announcement by a machine",
    # measures
    "客服": "the agent",
    "客户": "the customer",
    "不明者": "somebody unknown",
    "没有分辨出{…}的声音": "the voice could not be told apart: {…}",
    "没有听到{…}说话": "not heard to speak: {…}",
    "{…}没有接过对方的话": "never followed the other party's words: {…}",
    "话音段内没有信号": "no signal where speech is",
    "单声道混音，听不出谁打断了谁": "a mono mix: interruptions cannot be told",
    "单声道混音，听不出双方同时说话": "a mono mix: two speaking at once cannot be told",
    "话音不高于噪声": "the speech is not above the noise",
    "没有足够长的非话音段，测不出底噪": "no stretch without speech is long enough to measure the noise",
    "足够长的停顿太少，看不出自动增益": "too few long pauses to see automatic gain",
    "浊音太短，测不出音高": "too little voiced sound to measure the pitch",
    "没有识别出文字": "no words were recognised",
    "话音太短": "too little speech",
    "字数与话音时长不相称，文字或时间不可靠": "words and length of speech do not fit; one of them is wrong",
    "没有听到任何一方说话": "nobody was heard to speak",
    "没有完整的话轮": "there is no whole turn",
    "接通后没有录音": "nothing was recorded after the answer",
    # warnings
    "声道{}在通话中有{}处没有信号（共{}秒，数字静音）：当时说了什么不得而知，不算沉默": (
        "channel {} has no signal in {} places of the call ({} s in all, digital silence): "
        "what was said then is not known and counts for no silence"
    ),
    "有 {} 秒音频损坏或丢失，以静音代替": "{} s of sound are damaged or lost, taken for silence",
    "两个声道内容相同（双单声道），按单声道混音处理，双方靠嗓音区分": (
        "both channels are the same: treated as a mono mix, the parties told by their voices"
    ),
    "有 {} 个采样值无效（NaN 或无穷大），已按静音处理": "{} samples are no numbers, taken for silence",
    "有 {} 个采样值超出满幅，已削到满幅": "{} samples are beyond full scale, clipped",
    "录音带有直流偏移（满幅的 {}），已去除": "an offset ({} of full scale) was taken off",
    "文件在 {} 秒处损坏或被截断，只审计了能解出的部分": (
        "the file is damaged or cut off at {} s; only what could be decoded was audited"
    ),
    "文件头声明的数据多于文件实有，录音可能被截断；按实有的 {} 秒审计": (
        "the file's head promises more than there is, the recording may be cut off; audited the {} s there are"
    ),
    "文件头没有写明长度（录音可能没有正常结束）；按实有的 {} 秒审计": (
        "the file's head gives no length (the recording may not have ended properly); audited the {} s there are"
    ),
    "文件头声明 {} 秒，实际只有 {} 秒，录音可能被截断": (
        "the file's head promises {} s, there are only {} s: the recording may be cut off"
    ),
    "文件没有结束标记，录音可能被截断；按实有的 {} 秒审计": (
        "the file has no end mark, the recording may be cut off; audited the {} s there are"
    ),
    "声道{}的{}–{}秒识别结果不可信（{…}），未采用": (
        "channel {}, {}–{} s: what was recognised is not to be trusted ({…}) and was left out"
    ),
    "像字幕套话": "like a line of subtitles",
    "重复不止": "repeats without end",
    "快得不像人说话": "faster than people speak",
    "把握太低": "too little confidence",
    "没有听全": "not wholly heard",
}

_SLOT = re.compile(r"\{…?\}")
_HAN = re.compile("[\u3400-\u9fff]")


def english(text: str) -> str:
    """The sentence, or the row of them parted by ；, in English; as it is where it is none of ours.

    >>> english("依双方用语；接通后先开口的一方")
    'by what both say; spoke first after the answer'
    >>> english("没有听到客户说话"), english("有 12 个采样值超出满幅，已削到满幅")
    ('not heard to speak: the customer', '12 samples are beyond full scale, clipped')
    """
    if not _HAN.search(text):
        return text
    whole = _english(text)
    return whole if whole is not None else "; ".join(_english(part) or part for part in text.split("；"))


def _english(sentence: str) -> str | None:
    if sentence in EN:
        return EN[sentence]
    for pattern, template in _patterns():
        if found := pattern.fullmatch(sentence):
            return _filled(template, found.groups())
    return None


def _filled(template: str, values: Sequence[str]) -> str:
    left = iter(values)
    return _SLOT.sub(lambda slot: english(next(left)) if "…" in slot[0] else next(left), template)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sentences with slots, as patterns; a slot that differs in numbers alone holds nothing else."""
    found = []
    for sentence, template in EN.items():
        if _SLOT.search(sentence):
            pieces, slots = _SLOT.split(sentence), _SLOT.findall(sentence)
            kinds = [r"(.+?)" if "…" in slot else r"([\d.,%-]+)" for slot in slots]
            pattern = re.escape(pieces[0]) + "".join(k + re.escape(p) for k, p in zip(kinds, pieces[1:], strict=True))
            found.append((re.compile(pattern), template))
    return tuple(found)
