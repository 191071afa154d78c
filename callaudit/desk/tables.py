"""Tables to be taken away: rows under headings, as CSV or as an Excel workbook that runs nothing."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO
from typing import Final, Literal

import xlsxwriter

from callaudit.batch.summaries import workbook
from callaudit.batch.summaries.workbook import Cell, Column, Kind
from callaudit.reports.csv import BYTE_ORDER_MARK, cell
from callaudit.reports.wording import number

Form = Literal["csv", "xlsx"]
MIMES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
DIGITS: Final = {"whole": 0, "points": 2, "decimal": 2, "share": 4}
"""Decimals of a number in CSV."""
LONGEST_TITLE: Final = 31
"""Characters of the name of an Excel sheet."""


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its heading, what its cells hold, and its width in characters."""

    heading: str
    kind: Kind = "text"
    width: float = 12


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; moments are without a zone, in the time they are to be read in."""

    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]


def written(tables: Sequence[Table], form: Form, *, made_at: datetime) -> bytes:
    """The tables as a file: a sheet each, in CSV one under the other with a blank line between."""
    return csv_of(tables) if form == "csv" else xlsx_of(tables, made_at=made_at)


def csv_of(tables: Sequence[Table]) -> bytes:
    """RFC 4180 in UTF-8 with a byte order mark, by which Excel knows it; text that would be a formula is text."""
    lines = StringIO()
    writer = csv.writer(lines)
    for place, table in enumerate(tables):
        if place:
            writer.writerow([])
        writer.writerow([cell(head.heading) for head in table.heads])
        writer.writerows(
            [_plain(value, head.kind) for value, head in zip(row, table.heads, strict=True)] for row in table.rows
        )
    return (BYTE_ORDER_MARK + lines.getvalue()).encode()


def xlsx_of(tables: Sequence[Table], *, made_at: datetime) -> bytes:
    """An Excel workbook."""
    made = BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    book.set_properties({"title": tables[0].title, "created": made_at.replace(tzinfo=None, microsecond=0)})
    for table in tables:
        columns = [Column(head.heading, head.kind, head.width) for head in table.heads]
        sheet = workbook.Table(book, _sheet_name(table.title), [head.heading for head in table.heads], columns)
        for row in table.rows:
            sheet.add(row)
        sheet.finish()
    book.close()
    return made.getvalue()


def _plain(value: Cell, kind: Kind) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return cell(value)
    return value.isoformat(" ", "minutes") if isinstance(value, datetime) else number(value, DIGITS.get(kind, 2))


def _sheet_name(title: str) -> str:
    """Excel bars some characters from the names of sheets, and an apostrophe at either end."""
    return "".join("·" if one in "[]:*?/\\" else one for one in title)[:LONGEST_TITLE].strip("'") or "1"
