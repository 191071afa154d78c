"""Every word that an evaluation says to people, in simplified Chinese, and how it writes figures."""

from __future__ import annotations

from typing import Final

from callaudit.evaluation.compare import Comparison
from callaudit.evaluation.evaluate import CallResult, Evaluation, Timing
from callaudit.evaluation.figures import Figure, Group
from callaudit.evaluation.intervals import Interval
from callaudit.evaluation.tally import Miss
from callaudit.evaluation.truth import Label
from callaudit.records import Status
from callaudit.reports.wording import MISSING, number, printable
from callaudit.reports.words_zh import ZH

TITLE: Final = "评测报告"
GROUPS: Final[dict[Group, str]] = {
    "ring": "振铃与接听",
    "events": "等待、静音、重叠",
    "speakers": "谁在何时说话",
    "words": "文字",
    "hangup": "挂机",
    "voice": "音量与语速",
}
FIGURES: Final = {
    "ring_found": "找到振铃",
    "ring_invented": "虚报振铃",
    "ring_count_exact": "振铃声数正确",
    "answer_error_median": "接听时刻误差（中位）",
    "answer_error_p95": "接听时刻误差（95 分位）",
    "hold_f1": "等待 F1",
    "hold_duration_error_median": "等待时长误差（中位）",
    "silence_f1": "静音 F1（3 秒以上）",
    "silence_duration_error_median": "静音时长误差（中位）",
    "overlap_f1_stereo": "重叠 F1（双声道，0.3 秒以上）",
    "speaker_time_f1_stereo": "说话人时间 F1（双声道）",
    "speaker_time_f1_mono": "说话人时间 F1（单声道）",
    "speech_f1": "有无语音 F1（不论谁）",
    "speech_f1_stereo": "有无语音 F1（双声道）",
    "speech_f1_mono": "有无语音 F1（单声道）",
    "cer_stereo": "字错误率（双声道）",
    "cer_mono": "字错误率（单声道）",
    "cer_mono_any": "字错误率（单声道，不论谁）",
    "cer_stereo_any": "字错误率（双声道，不论谁）",
    "syllable_error_stereo": "音节错误率（双声道）",
    "syllable_error_mono": "音节错误率（单声道）",
    "syllable_error_mono_any": "音节错误率（单声道，不论谁）",
    "syllable_error_stereo_any": "音节错误率（双声道，不论谁）",
    "word_time_error_median": "字起始时刻误差（中位）",
    "word_time_error_p90": "字起始时刻误差（90 分位）",
    "hangup_right": "挂机方判对",
    "hangup_wrong": "挂机方判错",
    "hangup_unknown": "挂机方答“未知”",
    "level_error_median": "音量误差（中位）",
    "rate_error_median": "语速相对误差（中位）",
    "violation_precision": "违规精确率",
    "violation_recall": "违规召回率",
    "violation_f1": "违规 F1",
    "violation_kappa": "违规 κ",
}
OF: Final = {
    "ring": "次振铃",
    "answer": "次接听",
    "hold": "次等待",
    "silence": "处静音",
    "overlap": "处重叠",
    "frame": "秒语音",
    "char": "字",
    "syllable": "音节",
    "word": "字",
    "hangup": "次挂机",
    "turn": "轮",
}
CALIBRATIONS: Final = {
    "speaker_stereo": "说话人（双声道）",
    "speaker_mono": "说话人（单声道）",
    "violated": "判为违规",
    "not_violated": "判为通过或不适用",
}
PARTS: Final = {
    "ring": "没有听出振铃",
    "ring_invented": "虚报振铃",
    "ring_count": "振铃声数（听出 / 标注）",
    "hold": "等待",
    "silence": "静音",
    "overlap": "重叠",
    "hangup": "挂机方（听出 / 标注）",
}
WITHOUT_SPEAKERS: Final = ("cer_stereo_any", "syllable_error_stereo_any")
"""Figures that are only made where an audit does not say who speaks; nobody misses them."""

COLUMNS: Final = {
    "answer_error_median": "接听误差（秒）",
    "hold_f1": "等待 F1",
    "silence_f1": "静音 F1",
    "overlap_f1_stereo": "重叠 F1",
    "speaker_time_f1": "说话人 F1",
    "cer": "字错误率",
    "syllable_error": "音节错误率",
    "word_time_error_median": "字时刻误差（秒）",
    "level_error_median": "音量误差（dB）",
}
DIRECTIONS: Final = {"better": "变好", "worse": "变差", "moved": "变化", "same": "不变", "uncounted": "一方未计"}
LABELS: Final[dict[Label | None, str]] = {
    "violated": "违规",
    "passed": "通过",
    "not_applicable": "不适用",
    None: "未标注",
}

OVERALL: Final = "听得准不准"
VERDICT: Final = "结论"
DISPUTED: Final = "与标注有出入的规则"
AGREED: Final = "与标注一致的规则"
INAPPLICABLE: Final = "不适用判对"
CALIBRATION_HINT: Final = (
    "点在虚线上：自称多大把握，就有多大比例判对；在线下方是自信过头。竖线是 95% 区间，点越大数量越多。"
)
CALLS: Final = "通话"
RULES: Final = "逐条规则"
RULE: Final = "规则"
FIGURE: Final = "指标"
VALUE: Final = "数值"
INTERVAL: Final = "95% 区间"
BASE: Final = "样本"
VIOLATIONS: Final = "违规判定"
LABELLED: Final = "标注违规"
HIT: Final = "判出"
MISSED: Final = "漏判"
FALSE: Final = "误判"
PASSED: Final = "通过判对"
PRECISION: Final = "精确率"
RECALL: Final = "召回率"
KAPPA: Final = "Cohen κ"
CALIBRATION: Final = "把握程度是否可信"
SAID: Final = "自称把握"
RIGHT: Final = "实际判对"
BIN: Final = "把握区间"
GAP: Final = "平均偏差"
TIME: Final = "用时"
NOT_COUNTED: Final = "未计"
NOT_COUNTED_HINT: Final = "以下指标没有计算：标注或质检结果里没有相应的内容。"
MISSES: Final = "漏听与误判"
NO_MISSES: Final = "与标注完全一致。"
COMPARED: Final = "与另一次结果对比"
BEFORE: Final = "之前"
AFTER: Final = "现在"
TRUTH: Final = "标注"
FLIPS: Final = "改判"
NO_FLIPS: Final = "没有改判。"
NO_MOVES: Final = "各项指标没有变化。"
WITHHELD: Final = "不可评"
KAPPA_HINT: Final = "κ 只计双方都下了结论的项：违规与否；机器答“不可评”的项不计入 κ，但标注为违规的计入漏判。"


def absent(evaluation: Evaluation) -> str:
    """The figures for which there was nothing to count; nothing where all are there."""
    names = [figure(one.name) for one in evaluation.figures if one.value is None and one.name not in WITHOUT_SPEAKERS]
    return f"{NOT_COUNTED_HINT}{'、'.join(names)}" if names else ""


def figure(name: str) -> str:
    """What a figure is called."""
    return FIGURES.get(name, name)


def value(number_: float | None, unit: str) -> str:
    """A figure with its unit.

    >>> value(0.125, "ratio"), value(0.0324, "s"), value(2.0, "count"), value(None, "s")
    ('12.5%', '0.032 秒', '2', '—')
    """
    if number_ is None:
        return MISSING
    if unit == "ratio":
        return f"{number_ * 100:.1f}%"
    if unit == "s":
        return f"{number_:.3f} 秒"
    if unit == "count":
        return number(number_, 0)
    return f"{number_:.2f} {unit}"


def shown(name: str, number_: float | None, unit: str) -> str:
    """A figure as its name wants it: an F1 and a κ are no percentage.

    >>> shown("hold_f1", 0.97, "ratio"), shown("cer_mono", 0.97, "ratio")
    ('0.970', '97.0%')
    """
    if number_ is not None and ("_f1" in name or name.endswith("kappa")):
        return f"{number_ + 0.0:.3f}".replace("-0.000", "0.000")
    return value(number_, unit)


def interval(bounds: Interval | None, name: str = "", unit: str = "ratio") -> str:
    """Both ends of an interval; nothing where there is none.

    >>> interval((0.5, 0.75)), interval((0.01, 0.02), "answer_error_median", "s")
    ('50.0 – 75.0%', '0.010 – 0.020 秒')
    """
    if bounds is None:
        return ""
    low, high = shown(name, bounds[0], unit), shown(name, bounds[1], unit)
    number_, space, sign = high.partition(" ")
    sign = f"{space}{sign}" if space else "%" if number_.endswith("%") else ""
    return f"{low.removesuffix(sign)} – {high}"


def narrow(bounds: Interval | None) -> str:
    """The interval of a share where there is little room: whole percent."""
    return "" if bounds is None else f"{bounds[0] * 100:.0f}–{bounds[1] * 100:.0f}"


def bounds(one: Figure) -> str:
    """The interval of a figure."""
    return interval(None if one.low is None or one.high is None else (one.low, one.high), one.name, one.unit)


def base(one: Figure) -> str:
    """Over how much a figure was taken.

    Frames are told as seconds; a share of events as so many of so many.
    """
    if one.of == "frame":
        return f"{number(one.n / 100, 0)} {OF['frame']}"
    if one.unit == "count":
        return f"{one.n_calls} 通"
    if one.unit == "ratio" and one.value is not None and one.group in ("ring", "hangup"):
        return f"{round(one.value * one.n)} / {one.n} {OF[one.of]}"
    return f"{one.n} {OF[one.of]}"


def status(said: Status | None) -> str:
    """A status; an audit without an entry says nothing."""
    return "无结论" if said is None else ZH.STATUSES[said]


def verdict(said: str | None) -> str:
    """A call's verdict."""
    return MISSING if said is None else {str(key): text for key, text in ZH.VERDICTS.items()}.get(said, printable(said))


def head(evaluation: Evaluation) -> str:
    """What was evaluated."""
    n_stereo = sum(call.layout == "stereo" for call in evaluation.calls)
    n = len(evaluation.calls)
    said = f"{n} 通标注通话（双声道 {n_stereo}，单声道 {n - n_stereo}）"
    return f"{said} · 声音条件 {printable(evaluation.condition)}" if evaluation.condition else said


def missing(evaluation: Evaluation) -> str:
    """Calls without an audit; nothing where all have one."""
    ids = evaluation.missing
    if not ids:
        return ""
    return f"{len(ids)} 通没有质检结果（标注的违规计为漏判，其余指标不计）：{'、'.join(ids)}"


def unknown_rules(evaluation: Evaluation) -> str:
    """Labelled rules that no audit knows; nothing where all are known."""
    rules = evaluation.unknown_rules
    return (
        f"{len(rules)} 条标注的规则在任何质检结果里都没有，可能写错或属于别的规则集：{'、'.join(rules)}"
        if rules
        else ""
    )


def time(spent: Timing) -> str:
    """How long a run took, beside how long the calls are."""
    factor = spent.wall_s / spent.duration_s if spent.duration_s else 0.0
    took = f"用时 {ZH.seconds(spent.wall_s)}（CPU {ZH.seconds(spent.cpu_s)}）"
    return f"录音 {ZH.seconds(spent.duration_s)}，{took}，实时率 {factor:.3f}"


def miss(one: Miss) -> str:
    """What was missed, with the times of the label and of the audit."""
    told = PARTS[one.part]
    if one.note:
        return f"{told} {one.note.replace('agent', '客服').replace('customer', '客户')}"
    if not one.truth and not one.found:
        return told
    return f"{told}：标注 {_times([(s.start_s, s.end_s) for s in one.truth])}；听出 {_times(list(one.found))}"


def _times(stretches: list[tuple[float, float]]) -> str:
    return "，".join(f"{start_s:.1f}–{end_s:.1f}" for start_s, end_s in stretches) + " 秒" if stretches else "无"


def call_misses(call: CallResult) -> tuple[str, ...]:
    """All that was not heard or judged on a call as the label has it, one line each."""
    if not call.audited:
        return ("没有质检结果",)
    lines = [miss(one) for one in call.tally.misses]
    for item in call.items:
        if item.label == "violated" and item.status != "violated":
            lines.append(f"漏判 {rule(item.rule, item.title)}：{status(item.status)}")
        elif item.label not in (None, "violated") and item.status == "violated":
            lines.append(f"误判 {rule(item.rule, item.title)}：标注{LABELS[item.label]}")
    return tuple(lines)


def rule(name: str, title: str) -> str:
    """A rule by title and id."""
    return f"{title}（{name}）" if title else name


def label(given: Label | None) -> str:
    """What the label says of a rule."""
    return LABELS[given] if given is None else f"{TRUTH}{LABELS[given]}"


def compared(comparison: Comparison) -> str:
    """Over which calls two runs were compared."""
    left_out = f"，其余 {len(comparison.left_out)} 通有一方没有结果" if comparison.left_out else ""
    return f"双方都有结果的 {len(comparison.calls)} 通{left_out}"


def flips(comparison: Comparison) -> str:
    """How many verdicts changed, how many for the better, and whether chance explains it."""
    n, n_calls = len(comparison.flips), sum(call.verdict_flipped for call in comparison.calls)
    if not n:
        return NO_FLIPS
    labelled = f"其中有标注的：改对 {comparison.n_better}，改错 {comparison.n_worse}"
    return f"{FLIPS} {n} 项，{labelled}（McNemar 精确检验 p = {comparison.p_value:.3g}）；整通结论改变 {n_calls} 通"
