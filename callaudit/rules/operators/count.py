"""How often words are said."""

from __future__ import annotations

from callaudit.messages import message
from callaudit.rules.base import Outcome, Threshold, not_applicable, not_assessable, operator, options, passed, violated
from callaudit.rules.cues import Phrases, Where, Who, Window
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, evidence, missing_why, search
from callaudit.rules.restating import inapplicable


@options
class Count:
    """How often `words` are said: at `least`, at `most`, or `per_minute`; `distinct` counts different phrases."""

    words: Phrases
    who: Who = "agent"
    where: Window = Where()
    least: Threshold | None = None
    most: Threshold | None = None
    per_minute: Threshold | None = None
    distinct: bool = False
    what: str | None = None

    def __post_init__(self) -> None:
        if self.least is None and self.most is None and self.per_minute is None:
            raise ValueError("count needs least, most or per_minute")


@operator("count", Count, loose=("least", "most", "per_minute"), restate=inapplicable)
def count(facts: Facts, asked: Count) -> Outcome:
    """Too few is only a violation where the transcript can be trusted."""
    turns = facts.window(asked.where, asked.who)
    if not turns:
        return not_applicable(message("count.nothing"))
    found = search(facts, turns, asked.words, least=SAY_LEAST)
    n = float(len({heard.hit.phrase for heard in found.hits}) if asked.distinct else len(found.hits))
    minutes = max(1.0, (facts.talk_end_s - facts.call.timeline.answer_s) / 60)
    value, unit, least = (n / minutes, "1/min", asked.per_minute) if asked.per_minute else (n, "times", asked.least)
    what = asked.what or message("count.courtesy")
    said = message("count.kinds" if asked.distinct else "count.times", what=what, n=n)
    if least is not None and value < least.value:
        if why := missing_why(facts, turns, asked.words, least=SAY_LEAST, hidden=False):
            return not_assessable(why)
        key = "count.too_rare" if asked.per_minute else "count.too_few"
        text = message(key, said=said, least=least.value, note=least.note)
        outcome = violated(text, 0.8 * facts.role_confidence, **evidence(facts, found.hits))
        return outcome.measured(value, least, unit)
    if asked.most is not None and n > asked.most.value:
        text = message("count.too_many", said=said, most=asked.most.value, note=asked.most.note)
        outcome = violated(text, 0.8 * facts.role_confidence, **evidence(facts, found.hits))
        return outcome.measured(n, asked.most, "times")
    return passed(said, 0.85, **evidence(facts, found.hits[:5])).measured(value, least or asked.most, unit)
