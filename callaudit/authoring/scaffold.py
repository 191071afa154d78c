"""The first draft of a rule: a rulebook file that is sound as it stands, to be made one's own."""

from __future__ import annotations

import re

from callaudit.errors import RulebookError
from callaudit.rules.entries import ID

DRAFT = """\
# 一条新规则的草稿。改完后：
#   callaudit rules check {file}      逐行检查
#   callaudit rules test {file}       运行下面的例子
#   callaudit audit 录音.wav --rulebook {file}
name: my-rules
version: "1"
title: 本公司话术
extends: {base}        # 沿用全部规则；不要的写在 disabled: [规则编号]

rules:
  - id: {rule}
    title: {{zh: 告知通话录音, en: Tell that the call is recorded}}
    chapter: {chapter}             # 章节：{chapters}
    applies_to: inbound          # inbound 呼入 | outbound 呼出 | both 双向
    severity: major              # critical 严重 | major 重要 | minor 轻微
    sources:                     # 依据的原文
      - {{anchor: my-01, quote: 接通后应告知客户通话将被录音。}}
    check:                       # say 必说 | never_say 禁说 | respond 情形应对 | hold 等待 … 见 rulebooks/README.md
      operator: say
      where: opening             # 在开场白里
      what: 录音告知
      any: ['(通话|电话)[将][会][被]录音']   # (甲|乙) 任一，[可有可无]；谐音也算
    passes:                      # 合规的例子：必须判为通过
      - - agent: 您好，为保证服务质量本次通话将被录音，请问有什么可以帮您？
        - customer: 你好，我想查一下订单。
    fails:                       # 违规的例子：必须判为违规
      - - agent: 您好，请问有什么可以帮您？
        - customer: 你好，我想查一下订单。
"""


def scaffold(rule: str, file: str, *, base: str, chapters: dict[str, str]) -> str:
    """A rulebook file with one rule of that id.

    Raises
    ------
    RulebookError
        The id is none.
    """
    if not re.fullmatch(ID, rule):
        raise RulebookError(
            f"a rule's id is made of small letters, digits and -, such as my-privacy-notice; got {rule!r}"
        )
    known = "，".join(f"{key} {title}" for key, title in chapters.items())
    return DRAFT.format(rule=rule, file=file, base=base, chapter=next(iter(chapters), "other"), chapters=known)
