"""A call read back from its audit is the call that was judged, and is judged alike."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from callaudit.errors import AuditError
from callaudit.pipeline import judge_call
from callaudit.records import Audit, Call, Reading, Signal, Word
from callaudit.reports.json import audit_document, dumped
from callaudit.reports.stored import as_written, audit_from, call_from
from callaudit.spans import Span
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

BOOK = built_in("etiquette-zh")
SCRIPTS = [rule.fails[0] for rule in BOOK.rules if rule.fails][::6]


def through_text(audit: Audit) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(dumped(audit_document(audit)))
    return document


def rich(call: Call) -> Call:
    """The call with everything that a script leaves out."""
    words = (Word("茬", Span(16.1234567, 16.2), 0.33333),)
    turns = (replace(call.turns[0], readings=(Reading(Span(16.1, 16.3), words, 0.41),)), *call.turns[1:])
    agent, customer = call.parties
    voice = replace(agent.voice, sureness=tuple(0.9 for _ in agent.voice.speech))
    signal = Signal("ringback", Span(0, 5), 1, 0.98765, "cn", (Span(0, 1), Span(4, 5)))
    metadata = replace(call.metadata, queue_s=3.21049, roles=((0, "agent"),), extra=(("shift", "晚班"),))
    recording = replace(call.recording, metadata=metadata)
    return replace(
        call, turns=turns, parties=(replace(agent, voice=voice), customer), signals=(signal,), recording=recording
    )


def test_a_call_survives_its_document(audit: Audit) -> None:
    call = as_written(rich(audit.call))
    assert call.turns[0].readings[0].words[0].span.start_s == 16.123
    assert call.metadata.extra == (("shift", "晚班"),)
    assert call_from(through_text(replace(audit, call=call))) == call


def test_an_audit_survives_its_document(audit: Audit) -> None:
    first = audit_from(through_text(audit))
    assert audit_from(through_text(first)) == first
    assert through_text(first) == through_text(audit)
    assert (first.findings[1].steps, first.score.sections) == (audit.findings[1].steps, audit.score.sections)


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 20


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_call_is_judged_again_as_it_was(script: Any) -> None:
    call = as_written(call_from_script(script))
    first = judge_call(call, BOOK)
    again = judge_call(call_from(through_text(first)), BOOK)
    assert again == first


def test_a_turn_a_finding_a_track_is_one_line(audit: Audit) -> None:
    text = dumped(audit_document(audit))
    assert json.loads(text) == audit_document(audit)
    lines = {line.strip().rstrip(",") for line in text.splitlines()}
    for key in ("turns", "findings", "tracks", "measurements"):
        for entry in json.loads(text)[key]:
            assert json.dumps(entry, ensure_ascii=False) in lines
    assert json.loads(dumped([audit_document(audit)] * 2)) == [json.loads(text)] * 2
    assert dumped([]) == "[]\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "callaudit.failed/1"}, "wanted an audit of schema callaudit.audit/1, got callaudit.failed/1"),
        ({"signals": None}, "value of the wrong kind"),
        ({"turns": [{"speaker": "agent"}]}, "has no 'words'|has no 'start_s'|has no 'text'"),
    ],
)
def test_what_is_no_whole_audit_is_refused(audit: Audit, change: dict[str, Any], said: str) -> None:
    with pytest.raises(AuditError, match=said):
        call_from({**through_text(audit), **change})


def test_an_audit_of_an_earlier_version_says_what_to_do(audit: Audit) -> None:
    document = through_text(audit)
    del document["signals"]
    with pytest.raises(AuditError, match="no 'signals': it was written by an earlier version; audit the call again"):
        call_from(document)
