"""`callaudit rules` as a user types it: what is printed, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callaudit.cli.rules import rules
from callaudit.errors import CallauditError
from callaudit.pipeline import judge_call
from callaudit.reports.json import audit_document
from callaudit.rules import load_rulebook
from callaudit.testing.scripts import call_from_script
from tests.books import built_in


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(rules, [str(argument) for argument in arguments])


def test_rules_are_listed_by_chapter_severity_direction_and_sector() -> None:
    every = json.loads(typed("list", "--format", "json").stdout)
    assert len(every) == len(built_in("etiquette-zh").rules)
    holds = json.loads(typed("list", "--chapter", "holds", "--format", "json").stdout)
    assert {row["chapter"] for row in holds} == {"holds"}
    assert holds == json.loads(typed("list", "--chapter", "等待、查询与转接", "--format", "json").stdout)
    grave = json.loads(typed("list", "--severity", "critical", "--direction", "outbound", "--format", "json").stdout)
    assert grave
    assert all(row["severity"] == "critical" and row["applies_to"] in ("both", "outbound") for row in grave)
    hotel = json.loads(typed("list", "--sector", "hotel", "--format", "json").stdout)
    assert {row["sector"] for row in hotel} == {"", "hotel"}


def test_the_list_is_text_or_a_table_too() -> None:
    assert "customer-thanks" in typed("list").stdout
    lines = typed("list", "--format", "csv").stdout.splitlines()
    assert lines[0].lstrip("\ufeff").startswith("id,title,chapter,severity")


def test_a_rule_is_shown() -> None:
    done = typed("show", "customer-thanks")
    assert done.exit_code == 0
    assert "customer_thanks" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "cusomer-thanks"), "did you mean customer-thanks?"),
        (("list", "--chapter", "nowhere"), "no rules in a chapter 'nowhere'"),
        (("check", "nowhere.yaml"), "no such file or folder"),
        (("new", "customer-thanks", "--out", "x.yaml"), "has a rule customer-thanks already"),
        (("coverage", "--rulebook", "nowhere"), "no such rulebook"),
        (("test", "etiquette-zh", "--rule", "nowhere"), "has no rule 'nowhere'"),
    ],
)
def test_what_cannot_be_is_said(arguments: tuple[str, ...], said: str) -> None:
    error = typed(*arguments).exception
    assert isinstance(error, CallauditError)
    assert said in str(error)


def test_from_draft_to_tried_rule(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    assert typed("new", "my-notice", "--out", mine).exit_code == 0
    assert typed("check", mine).exit_code == 0
    done = typed("test", mine)
    assert done.exit_code == 0
    assert "2 个例子，2 个符合，0 个不符合" in done.stdout
    book = load_rulebook(mine)
    audits = tmp_path / "audits"
    audits.mkdir()
    for name, text in (("a", "您好，本次通话将被录音。"), ("b", "您好，请讲。")):
        document = audit_document(judge_call(call_from_script([{"agent": text}, {"customer": "你好。"}]), book))
        (audits / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    done = typed("try", "my-notice", audits, "--rulebook", mine, "--format", "json")
    assert [row["status"] for row in json.loads(done.stdout)] == ["passed", "violated"]
    done = typed("try", "my-notice", audits, "--rulebook", mine, "--only", "violated")
    assert "1 通：违规 1" in done.stdout


def test_faults_and_failing_examples_are_an_exit_status(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    typed("new", "my-notice", "--out", mine)
    good = mine.read_text(encoding="utf-8")
    mine.write_text(good.replace("operator: say", "operator: sya"), encoding="utf-8")
    done = typed("check", mine)
    assert done.exit_code == 1
    assert "mine.yaml:19: error: rules.0.check.operator: no operator is named 'sya'; did you mean say?" in done.stdout
    mine.write_text(good.replace("本次通话将被录音", "祝您愉快"), encoding="utf-8")
    done = typed("test", mine)
    assert done.exit_code == 1
    assert "不符  my-notice · 合规的例子 1" in done.stdout
    mine.write_text(good.replace("['(通话|电话)[将][会][被]录音']", "[录音]"), encoding="utf-8")
    assert typed("check", mine).exit_code == 0
    assert typed("check", mine, "--strict").exit_code == 1


def test_an_audit_that_is_none_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    book = built_in("etiquette-zh")
    document = audit_document(judge_call(call_from_script([{"agent": "您好。"}]), book))
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps([document]), encoding="utf-8")
    done = typed("try", "customer-thanks", tmp_path)
    assert done.exit_code == 2
    assert "a.json: wanted an audit of schema" in done.stderr
    assert "1 通" in done.stdout


def test_coverage_is_written_as_its_file_is_named(tmp_path: Path) -> None:
    for name, begins in (("c.html", "<!doctype html>"), ("c.json", "{"), ("c.txt", "客户服务电话礼仪：253 条要求")):
        assert typed("coverage", "--out", tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_text(encoding="utf-8").lstrip().startswith(begins)
