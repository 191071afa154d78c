"""What an evaluation says of itself: text, document and page hold the same figures, nothing hostile gets through."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files

import jsonschema
import pytest

from callaudit.evaluation import Comparison, Evaluation, Timing, compare
from callaudit.evaluation.figures import ROWS
from callaudit.evaluation.judged import Judged
from callaudit.evaluation.reports import FORMATS, SUFFIXES, wording
from callaudit.evaluation.reports.json import evaluation_document
from callaudit.evaluation.reports.text import Look, render_text

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e"


@pytest.fixture(scope="module")
def other(measured: Evaluation) -> Evaluation:
    """The same run, but that a call was not audited and another's findings changed."""
    first, second, *rest = measured.calls
    items = tuple(replace(item, status="violated") for item in second.items)
    return replace(measured, calls=(replace(first, audited=False), replace(second, items=items, verdict="fail"), *rest))


@pytest.fixture(scope="module")
def comparison(measured: Evaluation, other: Evaluation) -> Comparison:
    return compare(other, measured)


def schema_holds(document: object) -> None:
    text = files("callaudit.evaluation.reports").joinpath("evaluation.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(json.loads(text)).validate(document)


def test_the_document_keeps_its_schema(measured: Evaluation, comparison: Comparison) -> None:
    schema_holds(evaluation_document(measured))
    timed = replace(measured, calls=tuple(replace(c, timing=Timing(1.0, 2.0, 30.0)) for c in measured.calls))
    document = evaluation_document(timed, comparison)
    schema_holds(document)
    assert document["time"] == {"audio_s": 300.0, "wall_s": 10.0, "cpu_s": 20.0, "real_time_factor": 0.033333}


def test_the_schema_refuses_what_it_should(measured: Evaluation) -> None:
    document = evaluation_document(measured)
    del document["figures"]
    with pytest.raises(jsonschema.ValidationError):
        schema_holds(document)


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_is_the_same_every_time(name: str, measured: Evaluation, comparison: Comparison) -> None:
    assert FORMATS[name](measured, comparison) == FORMATS[name](measured, comparison)


def test_every_format_has_a_suffix_and_every_figure_a_name() -> None:
    assert FORMATS.keys() == SUFFIXES.keys()
    assert {row.name for row in ROWS} <= wording.FIGURES.keys()
    assert {row.of for row in ROWS} <= wording.OF.keys()


def test_text_and_page_show_every_figure_that_was_counted(measured: Evaluation, comparison: Comparison) -> None:
    text, page = render_text(measured, comparison, Look(160)), FORMATS["html"](measured, comparison)
    counted = [one for one in measured.figures if one.value is not None]
    assert len(counted) > 25
    for one in counted:
        row = rf"{re.escape(wording.figure(one.name))}\s+{re.escape(wording.shown(one.name, one.value, one.unit))}\s"
        assert re.search(row, text), one.name
        cell = f'<td>{wording.figure(one.name)}</td><td class="n"><b>{wording.shown(one.name, one.value, one.unit)}</b>'
        assert cell in page, one.name


def test_both_tell_who_flips_and_what_was_missed(measured: Evaluation, comparison: Comparison) -> None:
    assert comparison.flips
    for report in (render_text(measured, comparison, Look(200)), FORMATS["html"](measured, comparison)):
        assert wording.flips(comparison) in report
        assert "d30-telecom-silent-call-good" in report
        assert "没有质检结果" in report
        assert comparison.flips[0].rule in report


@pytest.mark.parametrize("width", [60, 100, 140])
def test_no_line_is_wider_than_the_terminal(measured: Evaluation, comparison: Comparison, width: int) -> None:
    from rich.cells import cell_len

    widest = max(cell_len(line) for line in render_text(measured, comparison, Look(width)).splitlines())
    assert widest <= width


def test_colour_only_where_it_is_wanted(measured: Evaluation) -> None:
    assert "\x1b[" not in render_text(measured)
    assert "\x1b[" in render_text(measured, None, Look(100, color=True))


class Tags(HTMLParser):
    """Names of tags, and the attributes of those of one name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.style = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.names and self.names[-1] == "style" and not self.style:
            self.style = data


def test_the_page_fetches_and_runs_nothing(measured: Evaluation, comparison: Comparison) -> None:
    tags = Tags(FORMATS["html"](measured, comparison))
    assert not {"script", "link", "img", "iframe", "object"} & set(tags.names)
    for _, attributes in tags.attributes:
        assert not {name for name in attributes if name.startswith("on") or name in ("style", "src")}
        assert (attributes.get("href") or "#").startswith("#")
    policy = next(a["content"] for _, a in tags.attributes if a.get("http-equiv") == "Content-Security-Policy")
    digest = b64encode(sha256(tags.style.encode("utf-8")).digest()).decode("ascii")
    assert f"style-src 'sha256-{digest}'" in (policy or "")
    assert "script-src 'none'" in (policy or "")


@pytest.mark.parametrize("name", ["text", "html"])
def test_hostile_names_do_nothing(name: str, measured: Evaluation) -> None:
    call = measured.calls[0]
    items = (Judged(HOSTILE, HOSTILE, "violated", "passed", 0.5, HOSTILE),)
    rule = replace(measured.rules[0], rule=HOSTILE, title=HOSTILE)
    bad = replace(
        measured,
        calls=(replace(call, id=HOSTILE, items=items, verdict=HOSTILE, audited=False), *measured.calls[1:]),
        rules=(rule, *measured.rules[1:]),
        unknown_rules=(HOSTILE,),
        condition=HOSTILE,
    )
    report = FORMATS[name](bad, compare(bad, bad))
    assert "\x1b" not in report
    assert "\u202e" not in report
    if name == "html":
        assert "<script" not in report
        assert "<img" not in report
