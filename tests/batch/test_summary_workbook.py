"""The workbook as another library reads it: what lies where, and that nothing in it runs."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callaudit.batch.scope import Scope
from callaudit.batch.summaries import workbook, write_summary
from callaudit.batch.summaries.workbook import write_workbook
from callaudit.batch.summary import figures
from callaudit.store.database import Store, open_store
from tests.batch.night import ENDED, QUOTE, Heard, fill

openpyxl = pytest.importorskip("openpyxl")

NIGHT = (
    Heard(
        "fail",
        20.5,
        ("greet", "calm", "calm"),
        agent_id="8002",
        agent_name="=cmd()|'/c calc'!A1",
        masked=(("card", 1),),
    ),
    Heard("pass", 100.0, passed=("greet",), agent_id="8001", agent_name="@SUM(A1)\x07\ufffe"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "s.sqlite") as opened:
        yield opened


@pytest.fixture
def path(store: Store, tmp_path: Path) -> Path:
    write_summary(store, fill(store, NIGHT, lost=("TimedOut",)), tmp_path, UTC, least_calls=1)
    return tmp_path / "summary.xlsx"


def table(book: Any, name: str) -> list[dict[str, Any]]:
    first, *rest = book[name].iter_rows(values_only=True)
    return [dict(zip(first, row, strict=True)) for row in rest]


def test_sheets_have_filters_and_headings_that_stay(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["汇总", "通话", "违规", "客服", "规则", "未能质检"]
    for sheet in book:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert all(cell.font.bold for cell in sheet[1])
        assert all(sheet.column_dimensions[cell.column_letter].width >= 7 for cell in sheet[1])


def test_cells_hold_what_the_store_holds(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    first, second = table(book, "通话")
    assert (first["录音"], first["开始时间"], first["得分"]) == ("0.wav", datetime(2026, 11, 20, 9, 0), 20.5)
    assert (first["结论"], first["工号"], first["严重违规"]) == ("不合格", "8002", 1)
    assert second["结论"] == "通过"
    worst, mild = table(book, "违规")
    assert (worst["规则"], worst["级别"], worst["次数"], worst["原话"]) == ("不发火", "严重", 2, QUOTE)
    assert worst["起"] == timedelta(seconds=61.5)
    assert worst["依据"] == "要有礼貌（s1-1）"
    assert mild["规则"] == "先问候"
    assert [(row["规则"], row["违规"], row["适用通话"], row["违规占比"]) for row in table(book, "规则")] == [
        ("不发火", 1, 1, 1.0),
        ("先问候", 1, 2, 0.5),
        ("说谢谢", 0, 0, None),
    ]
    assert [(row["工号"], row["平均分"]) for row in table(book, "客服")] == [("8002", 20.5), ("8001", 100.0)]
    assert [(row["录音"], row["原因"], row["详情"]) for row in table(book, "未能质检")] == [
        ("2.wav", "处理超时", "the file is empty")
    ]
    assert {row["项目"]: row["数值"] for row in table(book, "汇总")}["已遮盖：银行卡号"] == 1


def test_numbers_times_and_shares_are_numbers_with_formats(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    formats = {cell.value: row.number_format for cell, row in zip(book["通话"][1], book["通话"][2], strict=True)}
    assert (formats["开始时间"], formats["时长"], formats["得分"]) == ("yyyy-mm-dd hh:mm", "[h]:mm:ss", "0.0")
    share = {cell.value: row for cell, row in zip(book["规则"][1], book["规则"][2], strict=True)}["违规占比"]
    assert (share.number_format, share.data_type) == ("0.0%", "n")


def test_names_are_no_formulas_and_stay_none_when_edited(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    guarded = [cell for cell in cells if cell.value == NIGHT[0].agent_name]
    assert len(guarded) >= 3
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in guarded)
    assert any(cell.value == "@SUM(A1)\ufffd\ufffd" for cell in cells)
    with zipfile.ZipFile(path) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/")]
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)


def test_the_file_is_dated_at_the_end_of_the_run(path: Path) -> None:
    assert openpyxl.load_workbook(path).properties.created == ENDED.replace(tzinfo=None)


def test_a_sheet_that_is_full_goes_on_in_another(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 4)  # Excel's own bound takes minutes to reach
    run = fill(store, [Heard("fail", 1.0, ("greet",))] * 8)
    write_summary(store, run, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "summary.xlsx")
    assert [book[name].max_row - 1 for name in ("违规", "违规 2", "违规 3")] == [3, 3, 2]
    files = [row["录音"] for name in ("通话", "通话 2", "通话 3") for row in table(book, name)]
    assert files == [f"{number}.wav" for number in range(8)]
    assert all(book[f"违规{more}"].auto_filter.ref for more in ("", " 2", " 3"))


def test_a_text_too_long_for_a_cell_is_cut(store: Store, tmp_path: Path) -> None:
    scope = Scope(run_id=fill(store, [Heard("fail", 1.0, ("greet",), quote="好𠮷" * 20_000)]))
    write_workbook(store, scope, figures(store, scope), tmp_path / "b.xlsx")
    quote = table(openpyxl.load_workbook(tmp_path / "b.xlsx"), "违规")[0]["原话"]
    assert len(quote.encode("utf-16-le")) // 2 <= 32_767
    assert re.fullmatch("(好𠮷)+好?…", quote)
