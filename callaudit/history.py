"""Other calls as a history: from audits made earlier (their JSON, schema callaudit.audit/1) and from calls of this run.

A call is boiled down to a `PastCall` by the rulebook that will ask for it: the situations its rules remember, the
promises they look for. Nothing is kept; where audits are stored is no matter of this module.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, cast

from callaudit.records import (
    Call,
    CallMetadata,
    Hangup,
    MadeBy,
    Party,
    PastCall,
    Promise,
    Recording,
    Speaker,
    Timeline,
    Turn,
    Voice,
    Word,
)
from callaudit.rules import Rulebook
from callaudit.rules.cues import Cues
from callaudit.rules.facts import Facts
from callaudit.rules.operators.followed_up import FollowedUp
from callaudit.rules.past import History, history_of
from callaudit.rules.promises import promised
from callaudit.spans import Span

SCHEMA = "callaudit.audit/1"
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


def with_calls(history: History, calls: Iterable[Call], rulebook: Rulebook) -> History:
    """The history with calls heard now; they say nothing of its being complete."""
    known = [past for call in calls if (past := past_call(call, rulebook)) is not None]
    return history_of([*known, *history.calls], history.complete_until)


# ── from earlier audits ──────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Unread:
    """A file of the folder that holds no audit, and why."""

    path: Path
    why: str


def read_history(
    folder: Path, rulebook: Rulebook, customers: Collection[str] | None = None
) -> tuple[History, tuple[Unread, ...]]:
    """The audits in a folder (*.json, folders in it included), and the files that could not be read.

    Parameters
    ----------
    folder : holds the audits of all calls of its time: the history is complete until its last call
    rulebook : decides what is looked for in them
    customers : where given, only calls with these customers are searched for situations and promises
    """
    found: list[PastCall] = []
    unread: list[Unread] = []
    for path in sorted(folder.rglob("*.json")):
        if path.name.endswith(".meta.json"):
            continue
        try:
            for document in _documents(path):
                call = call_from_document(document)
                if past := past_call(_without_words(call, rulebook, customers), rulebook):
                    found.append(past)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            unread.append(Unread(path, f"{type(error).__name__}: no audit of schema {SCHEMA}"))
    ends = [past.ended_at for past in found]
    return history_of(found, max(ends, default=None)), tuple(unread)


def _documents(path: Path) -> Iterator[Mapping[str, Any]]:
    """The audits in a file: one, or a list in which failed recordings may stand."""
    given = json.loads(path.read_text(encoding="utf-8-sig"))
    for document in given if isinstance(given, list) else [given]:
        schema = document["schema"]
        if schema == SCHEMA:
            yield document
        elif schema != "callaudit.failed/1":
            raise ValueError(f"schema {schema!r}")


def _without_words(call: Call, rulebook: Rulebook, customers: Collection[str] | None) -> Call:
    """The call, its words left out where nobody will ask what was said."""
    if customers is None:
        return call
    customer = Facts(call, rulebook.settings, rulebook.situations, language=rulebook.language).customer_id
    if customer in customers:
        return call
    return replace(call, turns=tuple(replace(turn, words=(), text="") for turn in call.turns))


def call_from_document(document: Mapping[str, Any]) -> Call:
    """The call of an audit document, as far as rules about several calls need it.

    Raises
    ------
    ValueError, KeyError, TypeError
        It is no such document.
    """
    given, timeline = document["recording"], document["timeline"]
    turns = tuple(_turn(turn) for turn in document["turns"])
    hangup = timeline["hangup"]
    end_s = timeline.get("end_s", given["duration_s"])
    recording = Recording(
        id=given["id"], path=given["path"], duration_s=float(given["duration_s"]),
        sample_rate_hz=given["sample_rate_hz"], n_channels=given["channels"], layout=given["layout"],
        codec=given["codec"], metadata=_metadata(given["metadata"]),
    )  # fmt: skip
    parties = tuple(
        Party(one["speaker"], Voice(one["channel"], _speech(turns, one["speaker"]), 1.0), one["confidence"], "")
        for one in given.get("parties", ())
    )
    return Call(
        recording,
        Timeline(None, (), Hangup(hangup["by"], hangup["at_s"], hangup["why"]), timeline.get("answer_s", 0.0), end_s),
        parties, (), turns, (), MadeBy(document["made_by"]["callaudit"], document["made_by"]["model"]),
    )  # fmt: skip


def _speech(turns: Iterable[Turn], speaker: Speaker) -> tuple[Span, ...]:
    return tuple(turn.span for turn in turns if turn.speaker == speaker)


def _turn(given: Mapping[str, Any]) -> Turn:
    words = tuple(Word(w["text"], Span(w["start_s"], w["end_s"]), w["prob"]) for w in given["words"])
    return Turn(
        given["speaker"], Span(given["start_s"], given["end_s"]), words, given["text"], given["confidence"],
        given.get("level_dbov"), given.get("rate_cpm"), given.get("f0_median_hz"), given.get("f0_spread_st"),
    )  # fmt: skip


def _metadata(given: Mapping[str, Any]) -> CallMetadata:
    own = {field.name for field in fields(CallMetadata)} - {"started_at", "roles", "extra"}
    started = given.get("started_at")
    known = {key: value for key, value in given.items() if key in own}
    return CallMetadata(
        started_at=datetime.fromisoformat(started) if started else None,
        extra=tuple((str(key), str(value)) for key, value in cast("dict[str, object]", given.get("extra", {})).items()),
        **known,
    )
