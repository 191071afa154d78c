"""Every word that these commands say to people besides errors, in simplified Chinese."""

from __future__ import annotations

from typing import Final

APPLIES: Final = {"inbound": "呼入", "outbound": "呼出", "both": "双向"}
SEVERITIES: Final = {"critical": "严重", "major": "重要", "minor": "轻微"}
STATUSES: Final = {"violated": "违规", "passed": "通过", "not_applicable": "不适用", "not_assessable": "不可评"}
SPEAKERS: Final = {"agent": "客服", "customer": "客户", "unknown": "不明"}
KINDS: Final = {
    "passes": "合规的例子",
    "traps": "看似违规的例子",
    "fails": "违规的例子",
    "not_applicable": "不适用的例子",
    "not_assessable": "无法判断的例子",
}
ORIGINS: Final = {"source": "文件原数", "derived": "由文件推算", "proposed": "建议值"}
CONDITIONS: Final = {"when": "适用条件", "unless": "不适用", "excuse": "可免责", "raised": "加重"}
STATES: Final = {"rule": "有规则", "partly": "部分判断", "open": "尚无规则", "silent": "录音无法判断"}
REQUIREMENT_KINDS: Final = {
    "response": "情形应对",
    "required_phrase": "必说用语",
    "forbidden_phrase": "禁用语",
    "chat_only": "仅限文字聊天",
    "not_audible": "录音听不到",
    "voice": "声音",
    "turn_taking": "轮次与倾听",
    "ending": "结束",
    "metadata": "需通话资料",
    "hold": "等待",
    "cross_call": "跨通话",
    "timing": "时限",
}
HIT: Final = "命中"
MISS: Final = "未达"
