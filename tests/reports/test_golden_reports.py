"""Reports against committed files; to renew one, delete it, run the tests and look at what they wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from callaudit.records import Audit, Failed
from callaudit.reports import ReportOptions, render, render_many

GOLDEN = Path(__file__).parent / "golden"


def compare(name: str, text: str) -> None:
    """The text is that of the golden file; a missing one is written, and the test fails once to say so."""
    path = GOLDEN / name
    if not path.exists():
        path.write_bytes(text.encode("utf-8"))
        pytest.fail(f"wrote {name}; look at it and run again")
    assert text == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize(("format", "suffix"), [("text", "txt"), ("json", "json"), ("csv", "csv")])
def test_one_audit_is_as_before(audit: Audit, format: str, suffix: str) -> None:
    compare(f"one.{suffix}", render(audit, format, ReportOptions(width=80)))


@pytest.mark.parametrize(("format", "suffix"), [("text", "txt"), ("csv", "csv")])
def test_several_audits_are_as_before(audit: Audit, clean: Audit, failed: Failed, format: str, suffix: str) -> None:
    compare(f"many.{suffix}", render_many([audit, clean], [failed], format, ReportOptions(width=120)))
