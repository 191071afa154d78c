"""The shipped calls, heard for real: their labels and their expected audits hold."""

import json
from pathlib import Path

import pytest

from callaudit.config import Config
from callaudit.pipeline import Auditor, audit_file
from callaudit.records import Audit
from callaudit.reports.json import audit_document

SAMPLES = Path(__file__).parents[1] / "samples"
CALLS = sorted(path.stem for path in SAMPLES.glob("*.flac"))

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def audits() -> dict[str, Audit]:
    auditor = Auditor.from_config(Config())
    return {name: audit_file(SAMPLES / f"{name}.flac", auditor) for name in CALLS}


def test_there_are_samples() -> None:
    assert 4 <= len(CALLS) <= 6


@pytest.mark.parametrize("name", CALLS)
def test_the_audit_is_the_expected_one(name: str, audits: dict[str, Audit]) -> None:
    """Statuses and times; letters may differ in the last bit between processors, so they are not compared."""
    expected = json.loads((SAMPLES / f"{name}.audit.json").read_text(encoding="utf-8"))
    document = audit_document(audits[name])
    assert {f["rule"]: f["status"] for f in document["findings"]} == {
        f["rule"]: f["status"] for f in expected["findings"]
    }
    assert document["timeline"]["ring"] == expected["timeline"]["ring"]
    assert document["timeline"]["hangup"] == expected["timeline"]["hangup"]
    assert document["score"] == expected["score"]


@pytest.mark.parametrize("name", CALLS)
def test_no_labelled_pass_is_called_a_violation(name: str, audits: dict[str, Audit]) -> None:
    truth = json.loads((SAMPLES / f"{name}.label.json").read_text(encoding="utf-8"))
    accused = {finding.rule for finding in audits[name].findings if finding.status == "violated"}
    assert accused.isdisjoint(truth["passes"])


@pytest.mark.parametrize("name", CALLS)
def test_the_ring_is_the_labelled_one(name: str, audits: dict[str, Audit]) -> None:
    truth = json.loads((SAMPLES / f"{name}.label.json").read_text(encoding="utf-8"))["ring"]
    ring = audits[name].call.timeline.ring
    assert ring is not None
    assert ring.count == truth["count"]


def test_a_second_hearing_gives_the_same_bytes(audits: dict[str, Audit]) -> None:
    name = CALLS[0]
    again = audit_file(SAMPLES / f"{name}.flac", Auditor.from_config(Config()))
    assert json.dumps(audit_document(again)) == json.dumps(audit_document(audits[name]))
