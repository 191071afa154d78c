"""What in people's words shows who serves whom, and when an agent asks the caller to wait.

The lists are general ways of speaking at a service desk, weighed by how much more often one side says them; they
decide roles and holds and are no rules. Matching is by sound, so a homophone of the recogniser does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from callaudit.records import Word
from callaudit.spans import Span, merge
from callaudit.text.phrases import find, listen
from callaudit.text.punctuation import bare

AGENT_ZH: Mapping[str, float] = {
    "很高兴为您服务": 4.0,
    "有什么可以帮您": 3.0,
    "有什么可以帮助您": 3.0,
    "有什么可以帮到您": 3.0,
    "感谢您的来电": 3.0,
    "感谢您的耐心等待": 3.0,
    "欢迎致电": 3.0,
    "客服中心": 2.0,
    "客户服务热线": 2.5,
    "工号": 2.5,
    "请问您贵姓": 3.0,
    "请您稍等": 2.5,
    "请稍等": 2.0,
    "稍等一下": 1.5,
    "让您久等了": 2.5,
    "我帮您查": 2.5,
    "帮您查询": 2.5,
    "帮您转接": 2.5,
    "帮您核实": 2.5,
    "给您添麻烦了": 1.5,
    "为您": 1.0,
    "您的卡号": 1.5,
    "您的手机号": 1.0,
    "请您": 0.7,
    "请问您": 1.0,
    "您还有其他": 2.0,
    "祝您": 1.5,
    "欢迎再次来电": 2.5,
    "我们会尽快": 1.5,
    "这边为您": 2.0,
    "非常抱歉": 0.7,
    "不客气": 0.7,
}
CUSTOMER_ZH: Mapping[str, float] = {
    "我想查一下": 2.5,
    "我想问一下": 2.5,
    "我要投诉": 3.0,
    "帮我查": 2.5,
    "帮我看": 2.0,
    "我的卡": 1.5,
    "我家": 1.5,
    "我想": 0.8,
    "我要": 0.8,
    "你们": 1.0,
    "你们公司": 1.5,
    "怎么还没": 1.5,
    "我姓": 1.0,
    "我的手机": 1.0,
    "麻烦你": 0.7,
    "谢谢你": 1.0,
    "我打电话": 1.0,
    "我是来": 1.0,
    "哪里啊": 0.7,
}
AGENT_EN: Mapping[str, float] = {
    "thank you for calling": 4.0,
    "thanks for calling": 4.0,
    "how (may|can) i help": 3.0,
    "how (may|can) i assist": 3.0,
    "my name is": 1.0,
    "may i have your": 2.0,
    "can i have your": 1.5,
    "can you (please )?(verify|confirm|spell)": 1.5,
    "anything else i can": 3.0,
    "is there anything else": 3.0,
    "please hold": 2.0,
    "place you on (a )?(brief )?hold": 3.0,
    "let me (check|look|pull)": 1.5,
    "i apologize": 1.0,
    "for your patience": 2.0,
    "have a (great|good|nice) (day|one)": 0.7,
    "sir|ma'am": 0.5,
}
CUSTOMER_EN: Mapping[str, float] = {
    "i'm calling (about|because|to)": 3.0,
    "i('d| would) like to": 1.0,
    "i want to": 0.8,
    "i need (to|help)": 1.0,
    "my (account|card|bill|order|phone|car|insurance|policy)": 1.0,
    "can you help me": 1.5,
    "you guys": 1.5,
}
MOST_TIMES = 2
"""A phrase counts at most twice: an agent who says 您 forty times is not forty times surer an agent."""

WAIT_ZH: tuple[str, ...] = (
    "请稍等",
    "请您稍等",
    "请稍候",
    "请您稍候",
    "稍等一下",
    "稍等片刻",
    "您稍等",
    "等一下",
    "您等一下",
    "等一会儿",
    "请等一等",
    "请不要挂机",
    "请别挂电话",
    "请不要挂断",
    "电话不要挂",
    "我查一下",
    "我帮您查",
    "我看一下",
    "我看看",
    "我查查",
    "我问一下",
    "我问问",
    "我去问",
    "等着吧",
    "慢慢等",
    "我给您查",
    "帮您核实一下",
    "帮您转接",
    "为您转接",
)
WAIT_EN: tuple[str, ...] = (
    "(one|a|just a) (moment|second|minute)",
    "hold on",
    "please hold",
    "bear with me",
    "on (a )?(brief |short )?hold",
    "let me (check|look|pull|see)",
    "stay on the line",
)

BACK_ZH: tuple[str, ...] = (
    "让您久等了",
    "久等了",
    "感谢您的耐心等待",
    "感谢您的等待",
    "谢谢您的等待",
    "谢谢您耐心等待",
    "感谢等待",
    "抱歉让您等",
)
BACK_EN: tuple[str, ...] = (
    "(thank you|thanks) for (your patience|waiting|holding)",
    "sorry (for|about) the wait",
    "sorry to keep you",
)

MACHINE_ZH: tuple[str, ...] = (
    *(f"请按{key}" for key in "零一二三四五六七八九"),
    "请按幺",
    "请按井号键",
    "请按星号键",
    "按井号键结束",
    "坐席忙",
    "坐席均忙",
    "坐席全忙",
    "话务员正忙",
    "话务员忙",
    "客服代表正忙",
    "客服人员正忙",
    "客服忙",
    "线路忙",
    "转接人工",
    "接通人工",
    "正在为您转接",
    "正在为您接通",
    "正在接通中",
    "正在转接中",
    "您拨打的",
    "您所拨打的",
    "暂时无法接通",
    "进入排队",
    "正在排队",
    "您前面还有",
    "预计等待",
    "将被录音",
    "会被录音",
    "将进行录音",
)
MACHINE_EN: tuple[str, ...] = (
    "press (zero|one|two|three|four|five|six|seven|eight|nine|pound|star|\\d)",
    "(all|our) (of our )?(agents|representatives|operators) are",
    "(may|will) be (recorded|monitored)",
    "the number you have dialed",
    "your call is important",
    "in the order",
)
PERSONAL_ZH: tuple[str, ...] = ("有什么可以帮", "有什么能帮", "请问您", "请讲", "请说", "我是", "我姓", "喂")
PERSONAL_EN: tuple[str, ...] = ("my name is", "this is", "how (may|can) i", "hello")


def agent_likeness(words: Sequence[Word], language: str) -> float:
    """Log-odds that these words are an agent's rather than a customer's; 0.0 where they do not tell.

    Parameters
    ----------
    words : one party's words, in order of time
    language : zh, or any other, which is read as English
    """
    agent, customer = (AGENT_ZH, CUSTOMER_ZH) if language == "zh" else (AGENT_EN, CUSTOMER_EN)
    return _weight(agent, words, language) - _weight(customer, words, language)


def wait_requests(words: Sequence[Word], language: str) -> tuple[Span, ...]:
    """Where the speaker asks the other to wait, merged and in order of time."""
    return _spoken(WAIT_ZH if language == "zh" else WAIT_EN, words, language)


def returns_from_hold(words: Sequence[Word], language: str) -> tuple[Span, ...]:
    """Where the speaker says to be back from a wait, merged and in order of time."""
    return _spoken(BACK_ZH if language == "zh" else BACK_EN, words, language)


def machine_talk(words: Sequence[Word], language: str) -> tuple[Span, ...]:
    """Where the words are those of a voice menu or a queue message, merged and in order of time."""
    return _spoken(MACHINE_ZH if language == "zh" else MACHINE_EN, words, language)


def personal_talk(words: Sequence[Word], language: str) -> tuple[Span, ...]:
    """Where somebody speaks to somebody, as no machine does, merged and in order of time."""
    phrases = (*PERSONAL_ZH, *CUSTOMER_ZH) if language == "zh" else (*PERSONAL_EN, *CUSTOMER_EN)
    return _spoken(phrases, words, language)


def _spoken(phrases: Sequence[str], words: Sequence[Word], language: str) -> tuple[Span, ...]:
    return merge(span for hits in _hits(phrases, words, language).values() for span in hits)


def _weight(phrases: Mapping[str, float], words: Sequence[Word], language: str) -> float:
    found = _hits(tuple(phrases), words, language)
    return sum(phrases[phrase] * min(MOST_TIMES, len(hits)) for phrase, hits in found.items())


def _hits(phrases: Sequence[str], words: Sequence[Word], language: str) -> dict[str, list[Span]]:
    if not words:
        return {}
    if language == "zh":
        heard = listen(words)
        return {phrase: [hit.span for hit in find(phrase, heard)] for phrase in phrases}
    return {phrase: _latin_hits(phrase, words) for phrase in phrases}


def _latin_hits(pattern: str, words: Sequence[Word]) -> list[Span]:
    """Where a pattern over lower-case words matches."""
    text, owners = "", []
    for k, word in enumerate(words):
        piece = bare(word.text).lower().strip() + " "
        text += piece
        owners += [k] * len(piece)
    matches = re.finditer(rf"\b(?:{pattern})\b", text)
    return [Span(words[owners[m.start()]].span.start_s, words[owners[m.end() - 1]].span.end_s) for m in matches]
