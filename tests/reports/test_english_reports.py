"""Reports of an English rulebook are in English: headings, findings and what the call says of itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from callaudit.pipeline import judge_call
from callaudit.records import Audit
from callaudit.reports import ReportOptions, render
from callaudit.reports.languages import WORDINGS
from callaudit.reports.stored import audit_from
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

HAN = re.compile(r"[\u3400-\u9fff]")
SCRIPT = {
    "ring": 6,
    "hangup": {"by": "agent", "after_s": 1},
    "turns": [
        {"agent": "Yes?"},
        {"customer": "Hello, where is my parcel? The number is 5580 123."},
        {"agent": "I don't know."},
        {"hold": 70},
        {"customer": "This is unacceptable."},
        {"agent": "That's not my job."},
    ],
}


@pytest.fixture(scope="module")
def audit() -> Audit:
    call = call_from_script(SCRIPT, language="en")
    hangup = replace(call.timeline.hangup, why="挂机后的忙音出现在该方声道")
    parties = tuple(replace(party, why="依双方用语；接通后先开口的一方") for party in call.parties)
    recording = replace(call.recording, warnings=("有 12 个采样值超出满幅，已削到满幅",))
    call = replace(call, timeline=replace(call.timeline, hangup=hangup), parties=parties, recording=recording)
    return judge_call(call, built_in("etiquette-en"))


@pytest.mark.parametrize("format", ["text", "html", "csv"])
def test_nothing_but_the_sources_is_chinese(audit: Audit, format: str) -> None:
    sources = {source.quote for finding in audit.findings for source in finding.sources}
    shown = render(audit, format, ReportOptions(width=1000))  # so wide that no quote is wrapped
    for quote in sorted(sources, key=len, reverse=True):
        shown = shown.replace(quote, "")
    assert not HAN.findall(shown)
    assert "not my job" in shown


def test_the_language_survives_the_document(audit: Audit) -> None:
    document = json.loads(render(audit, "json"))
    assert document["report_language"] == "en"
    assert audit_from(document).language == "en"
    assert "Call audit" in render(audit_from(document), "text")


def test_each_language_has_words_of_its_own() -> None:
    assert {wording.LANGUAGE for wording in WORDINGS.values()} == WORDINGS.keys()
    assert len({wording.TITLE for wording in WORDINGS.values()}) == len(WORDINGS)
    assert WORDINGS["en"].seconds(1267.2) == "21 min 07 s"
    assert WORDINGS["zh"].seconds(48.25) == "48.2 秒"
    assert WORDINGS["en"].measure("agent_talk_share") == "Agent: share of talk"
    assert WORDINGS["zh"].amount(14.2, "s") == "14.2 秒"
