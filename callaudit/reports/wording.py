"""Every word that a report says to people, in simplified Chinese, and how it writes times, amounts and file names.

Identifiers that come from elsewhere (a measure, a unit, a rule) and have no wording here are shown as they are.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Final

from callaudit.records import CallMetadata, Layout, Measurement, Party, Severity, Speaker, Status, Step, Verdict

TURNS_TEXT: Final = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

TITLE: Final = "通话质检报告"
MISSING: Final = "—"

SPEAKERS: Final[dict[str, str]] = {"agent": "客服", "customer": "客户", "unknown": "未知"}
VERDICTS: Final[dict[Verdict, str]] = {"pass": "通过", "review": "待复核", "fail": "不合格"}
SEVERITIES: Final[dict[Severity, str]] = {"critical": "严重", "major": "重要", "minor": "轻微"}
STATUSES: Final[dict[Status, str]] = {
    "violated": "违规",
    "passed": "通过",
    "not_applicable": "不适用",
    "not_assessable": "不可评",
}
LAYOUTS: Final[dict[Layout, str]] = {"stereo": "双声道", "mono": "单声道混音", "dual-mono": "双声道内容相同，按单声道"}
DIRECTIONS: Final = {"inbound": "呼入", "outbound": "呼出"}
EVENTS: Final[dict[str, str]] = {
    "ring": "振铃",
    "hold": "等待",
    "silence": "静音",
    "overlap": "重叠",
    "tone": "忙音",
    "music": "音乐",
    "noise": "噪声",
    "speech": "说话",
}
TRACKS: Final = {"level": "音量", "rate": "语速", "pitch": "音高", "noise": "底噪"}
UNITS: Final = {
    "s": "秒",
    "ring": "声",
    "rings": "声",
    "cpm": "字/分",
    "chars/min": "字/分",
    "syll/s": "音节/秒",
    "per_min": "次/分",
    "1/min": "次/分",
    "st": "半音",
    "times": "次",
    "count": "次",
    "turns": "轮",
    "words": "字",
    "digits": "位",
    "h": "时",
    "min": "分钟",
    "d": "天",
    "Hz": "Hz",
    "hz": "Hz",
    "dB": "dB",
    "db": "dB",
    "dBov": "dBov",
    "dbov": "dBov",
}
MEASURES: Final = {
    "talk_share": "通话占比",
    "talk_s": "说话时间",
    "longest_turn_s": "最长一轮",
    "conversation_s": "接听至挂机",
    "silence_s": "静音合计",
    "silence_share": "静音占比",
    "longest_silence_s": "最长静音",
    "hold_count": "等待次数",
    "hold_s": "等待合计",
    "hold_share": "等待占比",
    "longest_hold_s": "最长等待",
    "overlap_s": "重叠合计",
    "overlap_share": "重叠占比",
    "interruptions": "打断对方",
    "reply_median_s": "应答间隔（中位）",
    "reply_longest_s": "应答间隔（最长）",
    "speech_rate_cpm": "语速",
    "articulation_rate_cpm": "发音速率",
    "pauses_per_min": "话中停顿",
    "active_level_dbov": "语音电平",
    "noise_floor_dbov": "底噪",
    "noise_lift_db": "停顿中底噪抬升",
    "snr_db": "信噪比",
    "clipped_ratio": "削波",
    "pitch_median_hz": "音高（中位）",
    "pitch_spread_st": "音高起伏",
}

CALL: Final = "通话"
FILE: Final = "录音"
NUMBER: Final = "编号"
DIRECTION: Final = "方向"
STARTED: Final = "开始"
AGENT: Final = "客服"
COMPANY: Final = "单位"
DURATION: Final = "时长"
RINGING: Final = "振铃至接听"
NO_RING: Final = "录音中无振铃"
TALK: Final = "通话占比"
RATE: Final = "语速"
LEVEL: Final = "音量"
NOT_HEARD: Final = "单声道听不出"
CALL_MEASURES: Final = "整通"
SILENCE: Final = "静音"
HOLD: Final = "等待"
OVERLAP: Final = "重叠"
HANGUP: Final = "挂机"
CHANNELS: Final = "声道"
ROLES: Final = "角色判定"
NOTICE: Final = "注意"
NONE: Final = "无"
SCORE: Final = "得分"
VERDICT: Final = "结论"
SCORE_UNIT: Final = "分"
NO_SCORE: Final = "无法评分"
SHEET: Final = "评分表"
SECTION: Final = "项目"
WORTH: Final = "满分"
LOST: Final = "扣分"
LEFT: Final = "得分"
WHAT_FOR: Final = "扣分明细"
FATAL: Final = "一票否决"
NOT_SURE: Final = "把握不足"
NOTHING_LOST: Final = "没有扣分"
NO_MORE_TO_LOSE: Final = "本项已扣完"
INCOMPLETE: Final = "质检不完整"
MADE_BY: Final = "生成"
TIMELINE: Final = "时间线"
LEGEND: Final = "图例"
FINDINGS: Final = "违规"
NO_FINDINGS: Final = "没有发现违规。"
NO_FINDINGS_SO_FAR: Final = "已评的规则中没有发现违规，但质检不完整。"
NOTHING_ASSESSED: Final = "没有规则可评，不能说没有违规。"
UNASSESSED: Final = "不可评"
UNASSESSED_HINT: Final = "以下规则缺少判断依据，不计入通过。"
CRASHED: Final = "规则运行出错"
PASSED: Final = "通过"
NOT_APPLICABLE: Final = "不适用"
MEASURED: Final = "通话指标"
TRANSCRIPT: Final = "对话文本"
NO_TRANSCRIPT: Final = "没有可用的对话文本。"
HEARD: Final = "原话"
BASIS: Final = "依据"
MATCHED: Final = "匹配"
CONFIDENCE: Final = "把握"
REASON: Final = "原因"
AGAINST: Final = "测得"
STEPS: Final = "步骤"
STEP_AT: Final = "时刻"
STEP_WAITED: Final = "等了"
STEP_WANTED: Final = "要求"
STEPS_OF_PASSES: Final = "通过的流程"
LIMIT: Final = "限值"
SUMMARY: Final = "汇总"
FAILED: Final = "未能质检"
LOW_WORD: Final = "识别把握低"
PLAY: Final = "播放"
PAUSE: Final = "暂停"
NO_CLIP: Final = "本报告未附录音"
SEEK: Final = "跳到"
SPEED: Final = "倍速"
ZOOM: Final = "缩放"
KEYS: Final = "空格 播放/暂停 · ←/→ 快退/快进 5 秒"
INDEX: Final = "录音列表"
TO_TOP: Final = "回到列表"


def clock(time_s: float) -> str:
    """Time as mm:ss.s, with hours in front where there are any.

    >>> clock(59.96), clock(3723.4)
    ('01:00.0', '1:02:03.4')
    """
    tenths = round(max(0.0, time_s) * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes:02d}"
    return f"{head}:{tenths // 10:02d}.{tenths % 10}"


def minute_clock(time_s: float) -> str:
    """Time as m:ss, with hours in front where there are any; for axes.

    >>> minute_clock(90), minute_clock(3600)
    ('1:30', '1:00:00')
    """
    minutes, seconds = divmod(round(max(0.0, time_s)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def number(value: float, digits: int = 2) -> str:
    """Number with at most `digits` decimals and no trailing zeros.

    >>> number(9.0), number(9.04), number(-0.001)
    ('9', '9.04', '0')
    """
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def amount(value: float | None, unit: str | None) -> str:
    """Number with its unit as people write it; a ratio as percent.

    >>> amount(14.2, "s"), amount(0.614, "ratio"), amount(None, "s")
    ('14.2 秒', '61.4%', '—')
    """
    if value is None:
        return MISSING
    if unit == "ratio":
        return f"{number(value * 100, 1)}%"
    return f"{number(value)} {UNITS.get(unit or '', unit or '')}".strip()


def step_mark(done: bool | None) -> str:
    """Whether a step was done, as a mark; a question mark where nobody knows."""
    return "？" if done is None else ("✓" if done else "✗")


def step_wanted(step: Step) -> str:
    """How long the wait before a step is to be.

    >>> step_wanted(Step("挂机", True, 20.0, 4.2, 5.0)), step_wanted(Step("问候", True, 9.0, 0.4, 2.0, at_most=True))
    ('至少 5 秒', '至多 2 秒')
    """
    return "" if step.wanted_s is None else f"{'至多' if step.at_most else '至少'} {number(step.wanted_s)} 秒"


def step_line(step: Step) -> str:
    """One step of a protocol in a line.

    >>> step_line(Step("再次问候", True, 21.8, 5.06, 5.0)), step_line(Step("道别", False))
    ('✓ 再次问候 00:21.8 等了 5.1 秒（至少 5 秒）', '✗ 道别')
    """
    parts = [step_mark(step.done), printable(step.name)]
    parts += [clock(step.at_s)] if step.at_s is not None else []
    waited = f"{STEP_WAITED} {step.waited_s:.1f} 秒" if step.waited_s is not None else ""
    wanted = f"（{step_wanted(step)}）" if step.wanted_s is not None else ""
    return " ".join([*parts, *([waited + wanted] if waited or wanted else [])])


def seconds(value_s: float) -> str:
    """Seconds to a tenth; from two minutes on, minutes and whole seconds.

    >>> seconds(48.25), seconds(10), seconds(1267.2)
    ('48.2 秒', '10.0 秒', '21 分 07 秒')
    """
    if value_s < 120:
        return f"{value_s:.1f} 秒"
    minutes, rest = divmod(round(value_s), 60)
    return f"{minutes} 分 {rest:02d} 秒"


def percent(ratio: float | None) -> str:
    """Whole percent; a dash where there is none."""
    return MISSING if ratio is None else f"{ratio * 100:.0f}%"


def measure(name: str) -> str:
    """What a measure is called; one of a party's carries the party's name in front.

    >>> measure("agent_talk_share"), measure("no_such_measure")
    ('客服通话占比', 'no_such_measure')
    """
    if name in MEASURES:
        return MEASURES[name]
    who, _, rest = name.partition("_")
    return f"{SPEAKERS[who]}{MEASURES[rest]}" if who in SPEAKERS and rest in MEASURES else name


def both(agent: Measurement | None, customer: Measurement | None) -> str:
    """One figure of both parties beside each other; nothing where neither was measured."""
    told = [
        f"{SPEAKERS[who]} {number(found.value, 0)}"
        for who, found in (("agent", agent), ("customer", customer))
        if found is not None and found.value is not None
    ]
    unit = next((found.unit for found in (agent, customer) if found is not None), "")
    return f"{' · '.join(told)} {UNITS.get(unit, unit)}" if told else ""


def points(score: float | None) -> str:
    """Points out of 100 to a tenth; a dash where there are none."""
    return MISSING if score is None else f"{score:.1f}"


def printable(text: str) -> str:
    """The text without what a terminal or a page could take for an order.

    Control and direction-changing characters become U+FFFD, so do bytes of a file name that are no UTF-8;
    line breaks and tabs become spaces.
    """
    return "".join(_printable(char) for char in text)


def _printable(char: str) -> str:
    if char in "\n\r\t":
        return " "
    kind = unicodedata.category(char)
    return "\ufffd" if kind in {"Cc", "Cs"} or char in TURNS_TEXT else char


def file_name(path: str) -> str:
    """Last part of a path of either system, printable.

    >>> file_name("calls/a.wav"), file_name("C:\\\\calls\\\\b.wav")
    ('a.wav', 'b.wav')
    """
    return printable(path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path)


def agent(metadata: CallMetadata) -> str:
    """Agent by number and name, as far as known."""
    known = [part for part in (metadata.agent_id, metadata.agent_name) if part]
    return printable(" ".join(known)) or MISSING


def speaker(who: Speaker | None) -> str:
    """Name of the speaker; nothing where a stretch has none."""
    return "" if who is None else SPEAKERS[who]


def no_findings(n_assessed: int, complete: bool) -> str:
    """What an audit without violations says of itself; one that judged nothing, or not all, is not clean."""
    if not n_assessed:
        return NOTHING_ASSESSED
    return NO_FINDINGS if complete else NO_FINDINGS_SO_FAR


def role(party: Party) -> str:
    """Who lies where and how sure that is.

    The channel counts from 1, as people count.
    """
    return f"声道 {party.voice.channel + 1} = {SPEAKERS[party.speaker]}（{CONFIDENCE} {percent(party.confidence)}）"


def started(at: datetime | None) -> str:
    """Date, minute and offset of the start.

    >>> from datetime import timezone
    >>> started(datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc))
    '2026-11-20 10:00 +00:00'
    """
    if at is None:
        return MISSING
    offset = at.isoformat()[-6:] if at.tzinfo else ""
    return f"{at:%Y-%m-%d %H:%M} {offset}".rstrip()
