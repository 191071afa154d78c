"""Other calls of a call script: its `history`, for rules that judge several calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from callaudit.meaning.encoder import SentenceEncoder
from callaudit.records import PastCall, Promise
from callaudit.rules.aids import Aids
from callaudit.rules.base import Settings
from callaudit.rules.facts import Facts
from callaudit.rules.past import history_of
from callaudit.testing.scripts import STARTED_AT, call_from_script

ENCODER = SentenceEncoder()

PAST_KEYS = {own.name for own in fields(PastCall)} - {"started_at", "promises"} | {"after_h", "promised_h"}


def aids_from_script(script: Mapping[str, Any] | Sequence[Any]) -> Aids:
    """What a script is judged with besides the call: an encoder, as calls are by default, and the script's `history`.

    The history is complete until `history_until_h` after the call.

    Each past call is a mapping: `after_h` (hours from the end of the call to its start; negative: before), fields of
    `PastCall`, and `promised_h` (a promise that falls due so many hours after the end of the call). Left out, it is an
    outgoing call to the same customer that lasted a minute; ids are made up, and `customer: null` is nobody known.

    Examples
    --------
    >>> script = {"metadata": {"customer_number": "13800001234"}, "history": [{"after_h": 2}], "turns": []}
    >>> [(past.direction, past.customer) for past in aids_from_script(script).history]
    [('outbound', '+8613800001234')]
    """
    if not isinstance(script, Mapping) or ("history" not in script and "history_until_h" not in script):
        return Aids(encoder=ENCODER)
    facts = Facts(call_from_script(script), Settings(), {})
    ended = facts.ended or datetime.fromisoformat(STARTED_AT)
    calls = [_past(given, number, facts, ended) for number, given in enumerate(script.get("history") or (), 1)]
    until_h = script.get("history_until_h")
    until = None if until_h is None else ended + timedelta(hours=float(until_h))
    return Aids(encoder=ENCODER, history=history_of(calls, until))


def _past(given: Mapping[str, Any], number: int, facts: Facts, ended: datetime) -> PastCall:
    if unknown := set(given) - PAST_KEYS:
        raise ValueError(f"a past call has no key {sorted(unknown)[0]!r}; known: {', '.join(sorted(PAST_KEYS))}")
    own = {key: value for key, value in given.items() if key not in ("after_h", "promised_h", "marks")}
    started = ended + timedelta(hours=float(given["after_h"]))
    due_h = given.get("promised_h")
    promises = () if due_h is None else (Promise(started, ended + timedelta(hours=float(due_h)), f"{due_h}"),)
    made_up: dict[str, Any] = {
        "id": f"{number:064d}", "path": f"call-{number}.wav", "direction": "outbound", "duration_s": 60.0,
        "customer": facts.customer_id, "agent_id": facts.call.metadata.agent_id,
    }  # fmt: skip
    marks = tuple(given.get("marks", ()))
    return PastCall(**{**made_up, **own, "started_at": started, "marks": marks, "promises": promises})
