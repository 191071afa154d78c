"""Tables that are taken away: read back as they were written, run nothing, by whom it may be, noted in the trail."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import BytesIO, StringIO

import openpyxl
import pytest
from sqlalchemy import select

from callaudit.desk.tables import Head, Table, csv_of, xlsx_of
from callaudit.store.tables import AccessRow
from callaudit.web.desk import Desk
from callaudit.web.figuring import WHATS
from tests.store.calls import entry, judged
from tests.web.calls import NOW
from tests.web.conftest import Browser

EVIL = ('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "＝1", " =1")


def _csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")  # by which Excel knows UTF-8
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("what", WHATS)
def test_both_forms_hold_the_same_table(what: str, client: Callable[..., Browser]) -> None:
    browser = client("lead")
    rows = [row for row in _csv(browser.get(f"/figures/{what}.csv?period=all").content) if row]
    book = openpyxl.load_workbook(BytesIO(browser.get(f"/figures/{what}.xlsx?period=all").content))
    cells = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    assert len(cells) == len(rows) > 1
    for told, held in zip(rows, cells, strict=True):
        assert [_is_same(text, value) for text, value in zip(told, held, strict=False)] == [True] * len(told)


def _is_same(text: str, value: object) -> bool:
    if isinstance(value, int | float):
        return abs(float(text) - value) < 0.006
    return text == ("" if value is None else str(value))


def test_an_agent_whose_name_is_a_formula_stays_text(client: Callable[..., Browser], desk: Desk) -> None:
    for number, name in enumerate(EVIL):
        desk.store.save(entry(number, judged(), day=300, agent_id=name, team=name), now=NOW)
    browser = client("lead")
    rows = _csv(browser.get("/figures/agents.csv?period=all").content)
    assert not [row for row in rows if row[0].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "＝"))]
    assert sum(row[0].startswith("'") for row in rows) == len(EVIL)
    sheet = openpyxl.load_workbook(BytesIO(browser.get("/figures/agents.xlsx?period=all").content)).worksheets[0]
    names = [cell for (cell,) in sheet.iter_rows(max_col=1)]
    assert {cell.value for cell in names} >= set(EVIL) - {"\t=1"}  # control characters are told as such
    assert {cell.data_type for cell in names} == {"s"}
    assert all(cell.quotePrefix for cell in names if cell.value in EVIL)


def test_only_who_may_takes_tables_away_and_the_trail_says_so(client: Callable[..., Browser], desk: Desk) -> None:
    for name, status in (("reviewer", 403), ("agent", 403), ("lead", 200), ("admin", 200)):
        assert client(name).get("/figures/teams.csv?period=all&team=信用卡组").status_code == status
    assert client().get("/figures/teams.csv", follow_redirects=False).status_code in (303, 401)
    with desk.store.session() as session:
        noted = session.scalars(select(AccessRow).where(AccessRow.act == "export figures")).all()
    assert [(row.who, row.what["table"], row.what["teams"]) for row in noted] == [
        ("lead", "teams", ["信用卡组"]), ("admin", "teams", ["信用卡组"]),
    ]  # fmt: skip


def test_there_is_no_table_of_another_name(client: Callable[..., Browser]) -> None:
    assert client("lead").get("/figures/passwords.csv").status_code in (404, 422)


def test_numbers_are_numbers_and_what_is_missing_is_empty() -> None:
    heads = (Head("甲/乙", "text"), Head("n", "whole"), Head("p", "share"), Head("m", "points"))
    table = Table("[总:表]*?", heads, [("a", 3, 0.12345, -1.25), ("b", None, None, None)])
    assert _csv(csv_of([table])) == [["甲/乙", "n", "p", "m"], ["a", "3", "0.1235", "-1.25"], ["b", "", "", ""]]
    book = openpyxl.load_workbook(BytesIO(xlsx_of([table], made_at=NOW)))
    assert book.sheetnames == ["·总·表···"]
    assert [cell.value for cell in book.worksheets[0][2]] == ["a", 3, 0.12345, -1.25]
    assert [cell.value for cell in book.worksheets[0][3]] == ["b", None, None, None]
