from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

import pytest

from callaudit.records import Audit, Failed
from callaudit.reports import render, render_many
from callaudit.reports.csv import COLUMNS


def read(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def test_one_row_per_finding_under_one_header(audit: Audit, clean: Audit, failed: Failed) -> None:
    table = read(render_many([audit, clean], [failed], "csv"))
    assert tuple(table[0]) == COLUMNS
    assert len(table) == len(audit.findings) + len(clean.findings) + 1
    assert [row["status"] for row in table].count("failed") == 1


def test_a_row_holds_first_place_value_and_limit(audit: Audit) -> None:
    row = next(row for row in read(render(audit, "csv")) if row["rule"] == "hold-at-most-30-s")
    assert (row["start_s"], row["end_s"], row["value"], row["limit"], row["unit"]) == ("24.5", "55.5", "31", "30", "s")
    assert row["started_at"] == "2026-11-20T10:00:00+08:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", " ="])
def test_no_cell_of_text_is_a_formula(audit: Audit, start: str) -> None:
    hostile = f'{start}HYPERLINK("http://x")'
    finding = replace(audit.findings[0], quote=hostile, message=hostile, title=hostile)
    row = read(render(replace(audit, findings=(finding,)), "csv"))[0]
    for column in ("quote", "message", "title"):
        assert row[column].startswith("'"), row[column]


def test_negative_numbers_stay_numbers(audit: Audit) -> None:
    finding = replace(audit.findings[0], value=-22.5)
    assert read(render(replace(audit, findings=(finding,)), "csv"))[0]["value"] == "-22.5"
