"""Words that must be said in a part of the call."""

from __future__ import annotations

from callaudit.rules.base import Outcome, not_applicable, not_assessable, operator, options
from callaudit.rules.cues import Where, Who, Window
from callaudit.rules.facts import Facts
from callaudit.rules.wording import Wording, verdict

WINDOW_NAMES = {"greeting": "第一段话", "opening": "开场", "closing": "结束时", "anywhere": "全程"}


@options
class Say(Wording):
    """`where` is the window of turns in which the words are wanted."""

    who: Who = "agent"
    where: Window = Where()

    def __post_init__(self) -> None:
        Wording.__post_init__(self)
        if not (self.any or self.parts or self.refuse):
            raise ValueError("say needs any, parts or refuse")


@operator("say", Say)
def say(facts: Facts, asked: Say) -> Outcome:
    """Passed if the words are heard in the window; not applicable if the window is empty."""
    turns = facts.window(asked.where, asked.who)
    if not turns:
        if not facts.of(asked.who):
            return not_assessable("没有听到客服说话" if asked.who == "agent" else "没有听到客户说话")
        return not_applicable("此后没有再说话")
    return verdict(facts, turns, asked, place=window_name(asked.where))


def window_name(where: Where) -> str:
    """What the window is called in messages."""
    if where.first:
        return f"前 {where.first} 段话" if where.first > 1 else "第一段话"
    if where.last:
        return f"最后 {where.last} 段话" if where.last > 1 else "最后一段话"
    if where.after is not None:
        return "此后"
    if where.before is not None:
        return "此前"
    return WINDOW_NAMES[where.named]
