"""Other calls as a history: from audits made earlier (their documents) and from calls of this run.

A call is boiled down to a `PastCall` by the rulebook that will ask for it: the situations its rules remember, the
promises they look for. Nothing is kept; where audits are stored is no matter of this module.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from callaudit.errors import AuditError
from callaudit.records import Call, PastCall, Promise
from callaudit.reports.json import FAILED_SCHEMA
from callaudit.reports.stored import as_written, call_from
from callaudit.rules import Rulebook
from callaudit.rules.cues import Cues
from callaudit.rules.facts import Facts
from callaudit.rules.operators.followed_up import FollowedUp
from callaudit.rules.past import History, history_of
from callaudit.rules.promises import promised

LEAST_TURN_S = 1.0
"""Shorter turns say nothing about how an agent speaks (proposed)."""

LEAST_TURNS = 3
"""Turns from which a median is an agent's own (proposed)."""

MEASURES = ("level_dbov", "rate_cpm", "f0_median_hz", "f0_spread_st")


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the rules of a book want to know of other calls: situations by name, and where promises are made."""

    situations: tuple[str, ...]
    promises: tuple[Cues, ...]


def remembered(rulebook: Rulebook) -> Remembered:
    """What the book's rules want to know of other calls; situations that the book does not have are left out."""
    asked = [check.options for rule in rulebook.rules for check in rule.checks if isinstance(check.options, FollowedUp)]
    names = dict.fromkeys(name for one in asked for name in one.remembered if name in rulebook.situations)
    cues = dict.fromkeys(one.after for one in asked if one.promised and one.after is not None)
    return Remembered(tuple(sorted(names)), tuple(cues))


def past_call(call: Call, rulebook: Rulebook) -> PastCall | None:
    """The call as other calls' rules see it; None where nobody knows when it was."""
    facts = Facts(call, rulebook.settings, rulebook.situations, language=rulebook.language)
    if facts.started is None:
        return None
    wanted, metadata = remembered(rulebook), call.metadata
    return PastCall(
        id=call.recording.id, path=call.recording.path, direction=metadata.direction, started_at=facts.started,
        duration_s=call.recording.duration_s, agent_id=metadata.agent_id, agent_role=facts.meta("agent_role"),
        customer=facts.customer_id, call_type=metadata.call_type, hangup_by=call.timeline.hangup.by,
        answered=facts.customer_spoke,
        marks=tuple(name for name in wanted.situations if facts.recognised(rulebook.situations[name])),
        promises=_promises(facts, wanted), **_medians(facts),
    )  # fmt: skip


def _promises(facts: Facts, wanted: Remembered) -> tuple[Promise, ...]:
    found = (one.promise for cues in wanted.promises for one in promised(facts, cues))
    return tuple(dict.fromkeys(found))


def _medians(facts: Facts) -> dict[str, Any]:
    """Medians of how the agent speaks in the call, None where too little was said."""
    long = [facts.turns[k] for k in facts.agent if facts.turns[k].span.duration_s >= LEAST_TURN_S]
    values = {name: [v for turn in long if (v := getattr(turn, name)) is not None] for name in MEASURES}
    return {name: median(own) if len(own) >= LEAST_TURNS else None for name, own in values.items()}


def customer_of(call: Call, rulebook: Rulebook) -> str | None:
    """Who the customer of a call is, over several calls; None where nobody knows."""
    return Facts(call, rulebook.settings, rulebook.situations, language=rulebook.language).customer_id


def history_with(calls: Iterable[Call], history: History, rulebook: Rulebook) -> History:
    """The history with calls heard now; they say nothing about whether it is complete."""
    known = [past for call in calls if (past := past_call(as_written(call), rulebook)) is not None]
    return history_of([*known, *history.calls], history.complete_until)


# ── from earlier audits ──────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Unread:
    """A file of the folder that holds no audit, and why."""

    path: Path
    why: str


def read_history(folder: Path, rulebook: Rulebook, customers: Collection[str]) -> tuple[History, tuple[Unread, ...]]:
    """The audits in a folder (*.json, in folders of it too), and the files that could not be read.

    Parameters
    ----------
    folder : holds the audits of all calls of its time: the history is complete until its last call ends
    rulebook : decides what is looked for in them
    customers : only calls with these are searched for situations and promises, which takes most of the time
    """
    found: list[PastCall] = []
    unread: list[Unread] = []
    for path in sorted(folder.rglob("*.json")):
        if path.name.endswith(".meta.json"):
            continue
        try:
            calls = [*_calls(path)]
        except (AuditError, OSError, ValueError, RecursionError) as error:
            unread.append(Unread(path, str(error) if isinstance(error, AuditError) else "not an audit in JSON"))
            continue
        for call in calls:
            silent = customer_of(call, rulebook) not in customers
            if past := past_call(_without_words(call) if silent else call, rulebook):
                found.append(past)
    return history_of(found, max((past.ended_at for past in found), default=None)), tuple(unread)


def _calls(path: Path) -> Iterator[Call]:
    """The calls of a file: of one audit, or of a list of them in which failed recordings may stand."""
    given = json.loads(path.read_text(encoding="utf-8-sig"))
    for document in given if isinstance(given, list) else [given]:
        if not (isinstance(document, dict) and document.get("schema") == FAILED_SCHEMA):
            yield call_from(document)


def _without_words(call: Call) -> Call:
    return replace(call, turns=tuple(replace(turn, words=(), text="", readings=()) for turn in call.turns))
