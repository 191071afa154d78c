"""`callaudit rules list|show|check|test|new|coverage|try`"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from callaudit.authoring.coverage import coverage, coverage_document, read_catalogue, render_coverage
from callaudit.authoring.examples import examples, run
from callaudit.authoring.explain import explain
from callaudit.authoring.faults import check_rulebook
from callaudit.authoring.scaffold import scaffold
from callaudit.authoring.text import Look, coverage_text, list_text, operators, show_text, test_text, trial_text
from callaudit.authoring.trial import Trial, trial
from callaudit.cli.screen import complain, write_report
from callaudit.errors import AuditError, CallauditError, RulebookError
from callaudit.records import SEVERITIES, Call, JsonValue
from callaudit.reports.stored import call_from
from callaudit.rules import Rule, Rulebook, load_rulebook
from callaudit.rules.merging import extended_by
from callaudit.rules.rulebook import read_rulebook
from callaudit.rules.validating import like

DEFAULT = "etiquette-zh"
_BOOK = click.option(
    "--rulebook", default=DEFAULT, show_default=True, metavar="BOOK", help="Built-in name, YAML file or folder."
)
_OUT = click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here, not on stdout.")


@click.group(context_settings={"max_content_width": 110})
def rules() -> None:
    """Write rules, try them, and see what is covered; no Python needed.

    \b
    Exit status: 0 all is well; 1 faults were found, or examples fail; 2 something cannot be read, or wrong usage.
    """


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
@rules.command("list")
@_BOOK
@click.option("--chapter", help="Key or title of a chapter, e.g. opening.")
@click.option("--severity", type=click.Choice(SEVERITIES))
@click.option("--direction", type=click.Choice(["inbound", "outbound"]), help="Rules for such calls.")
@click.option("--sector", help="Rules for calls of that sector: those for any, and its own.")
@click.option("--format", "format_name", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
def list_rules(
    rulebook: str,
    chapter: str | None,
    severity: str | None,
    direction: str | None,
    sector: str | None,
    format_name: str,
) -> None:
    """List the rules of a rulebook.

    \b
    callaudit rules list --chapter holds
    callaudit rules list --severity critical --direction inbound
    callaudit rules list --rulebook mine.yaml --format csv
    """
    book = load_rulebook(rulebook)
    titles = {title: key for key, title in book.chapters.items()}
    if chapter is not None and (chapter := titles.get(chapter, chapter)) not in {rule.chapter for rule in book.rules}:
        known = ", ".join(book.chapters)
        raise RulebookError(f"rulebook {book.name} has no rules in a chapter {chapter!r}; there are: {known}")
    picked = [
        rule
        for rule in book.rules
        if chapter in (None, rule.chapter)
        and severity in (None, rule.severity)
        and (direction is None or rule.applies_to in ("both", direction))
        and (sector is None or not rule.sector or sector in rule.sector)
    ]
    if format_name == "text":
        write_report(list_text(picked, book, _look()), None)
        return
    rows = [_row(rule, book) for rule in picked]
    write_report(_csv(rows) if format_name == "csv" else _json(rows), None)


def _row(rule: Rule, book: Rulebook) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title.of(book.language),
        "chapter": rule.chapter,
        "severity": rule.severity,
        "applies_to": rule.applies_to,
        "sector": "、".join(rule.sector),
        "operator": operators(rule),
        "sources": "、".join(source.anchor for source in rule.sources),
    }


@rules.command(short_help="Tell what a rule asks, and why.")
@click.argument("rule_id", metavar="ID")
@_BOOK
def show(rule_id: str, rulebook: str) -> None:
    """Tell what a rule asks, why, with which numbers from where, by which words, with its examples.

    \b
    callaudit rules show customer-thanks
    callaudit rules show my-privacy-notice --rulebook mine.yaml
    """
    written = read_rulebook(rulebook)
    assert written is not None  # it has raised what was wrong
    _rule(written.book, rule_id)
    write_report(show_text(explain(written, rule_id), _look()), None)


def _rule(book: Rulebook, rule_id: str) -> Rule:
    known = {rule.id: rule for rule in book.rules}
    if rule_id not in known:
        raise RulebookError(f"rulebook {book.name} has no rule {rule_id!r}{like(rule_id, known)}")
    return known[rule_id]


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
@rules.command(short_help="Say everything that is wrong in a rulebook.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Warnings count as faults.")
def check(file: Path, strict: bool) -> None:
    """Say everything that is wrong in a rulebook FILE or folder, by line.

    Errors: what is no rulebook, unknown keys, names that stand for nothing, ids and keys that stand twice, examples
    that are no call scripts. Warnings: phrases that do nothing or are too short to be told by sound, missing examples.

    \b
    callaudit rules check mine.yaml
    """
    if not file.exists():
        raise RulebookError(f"{file}: no such file or folder; wanted a rulebook")
    faults = check_rulebook(file)
    for fault in faults:
        name = fault.level if fault.level == "warning" else "error"
        click.echo(f"{fault.file}:{fault.line}: {name}: {fault.field + ': ' if fault.field else ''}{fault.message}")
    n_errors = sum(fault.level == "error" for fault in faults)
    n_warnings = len(faults) - n_errors
    click.echo(f"{file}: {_many(n_errors, 'error')}, {_many(n_warnings, 'warning')}", err=True)
    sys.exit(int(bool(n_errors or (strict and n_warnings))))


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


@rules.command("test", short_help="Run the examples of rules.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--rule", "rule_id", metavar="ID", help="Only the examples of this rule.")
def test_examples(file: Path, rule_id: str | None) -> None:
    """Run the examples of the rules that a rulebook FILE writes itself (FILE may be a built-in name).

    Each of `passes` must pass, each of `fails` must be violated, and so on; what does not is shown with what the rule
    says instead. Examples taken over from a rulebook that FILE extends are run too and do not count.

    \b
    callaudit rules test mine.yaml
    callaudit rules test etiquette-zh --rule customer-thanks
    """
    written = read_rulebook(file)
    assert written is not None  # it has raised what was wrong
    if rule_id is not None:
        _rule(written.book, rule_id)
    runs = [run(example, written.book) for example in examples(written, rule_id)]
    write_report(test_text(runs, _look()), None)
    counted = [one for one in runs if not one.example.inherited or rule_id is not None]
    sys.exit(int(any(not one.holds for one in counted)))


@rules.command(short_help="Write the draft of a rule.")
@click.argument("rule_id", metavar="ID")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@click.option(
    "--rulebook", default=DEFAULT, show_default=True, metavar="BOOK", help="Rulebook that the new one extends."
)
def new(rule_id: str, out: Path, rulebook: str) -> None:
    """Write the draft of a rule, sound as it stands, to be made one's own.

    \b
    callaudit rules new my-privacy-notice --out mine.yaml
    """
    if out.exists():
        raise RulebookError(f"{out}: there is such a file; choose another --out, or add the rule to it by hand")
    book = load_rulebook(rulebook)
    if rule_id in {rule.id for rule in book.rules}:
        raise RulebookError(f"rulebook {book.name} has a rule {rule_id} already; write that id only to override it")
    write_report(scaffold(rule_id, str(out), base=rulebook, chapters=dict(book.chapters)), out)
    click.echo(f"{out}: written; next: callaudit rules check {out}", err=True)


# ── weighing ─────────────────────────────────────────────────────────────────────────────────────────────────────
@rules.command("coverage", short_help="Hold the rules against what the documents ask for.")
@_BOOK
@click.option(
    "--format", "format_name", type=click.Choice(["text", "json", "html"]), help="[default: by --out, else text]"
)
@_OUT
def cover(rulebook: str, format_name: str | None, out: Path | None) -> None:
    """Hold the rules against the catalogue of requirements: what is covered, how far, and what no recording answers.

    \b
    callaudit rules coverage
    callaudit rules coverage --out coverage.html
    """
    by_suffix = {".json": "json", ".html": "html"}
    chosen = format_name or (by_suffix.get(out.suffix.lower(), "text") if out else "text")
    found = coverage(load_rulebook(rulebook), *read_catalogue(rulebook))
    if chosen == "html":
        write_report(render_coverage(found), out)
    elif chosen == "json":
        write_report(_json(coverage_document(found)), out)
    else:
        write_report(coverage_text(found, _look() if out is None else Look()), out)


@rules.command("try", short_help="Try a rule on calls audited before.")
@click.argument("rule_id", metavar="ID")
@click.argument("calls", nargs=-1, required=True, metavar="CALL…", type=click.Path(path_type=Path))
@click.option(
    "--rulebook", default=DEFAULT, show_default=True, metavar="BOOK", help="Also compared with the one it extends."
)
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--only", type=click.Choice(["violated", "passed", "not_applicable", "not_assessable", "flipped"]))
def try_rule(rule_id: str, calls: tuple[Path, ...], rulebook: str, format_name: str, only: str | None) -> None:
    """Try a rule on calls that were audited before, without their sound.

    CALL is an audit that `callaudit audit --format json` wrote, or a folder of them. Shown is what the rule says, and
    the phrases of its own that came nearest, hit or miss, with their scores. Where the rulebook extends another that
    has the rule too, what both say is compared.

    \b
    callaudit audit *.wav --format json --out night.json
    callaudit rules try customer-thanks night.json
    callaudit rules try answer-within-three-rings audits --rulebook mine.yaml --only flipped
    """
    book = load_rulebook(rulebook)
    rule = _rule(book, rule_id)
    against = _other(rulebook)
    heard, complete = _calls(calls)
    trials = [trial(call, rule, book, against) for call in heard]
    shown = [one for one in trials if only is None or _picked(one, only)]
    if format_name == "json":
        write_report(_json([_trial_row(one) for one in shown]), None)
    else:
        compared = against.name if against and any(other.id == rule_id for other in against.rules) else None
        write_report(trial_text(shown, _look(), against=compared), None)
    sys.exit(0 if complete else 2)


def _other(rulebook: str) -> Rulebook | None:
    """The rulebook to compare with: the one that this one extends."""
    base = extended_by(rulebook)
    return None if base is None else load_rulebook(base)


def _picked(one: Trial, only: str) -> bool:
    return one.flipped if only == "flipped" else one.finding is not None and one.finding.status == only


def _calls(paths: Sequence[Path]) -> tuple[list[Call], bool]:
    """The calls of the audits, and whether all could be read; failed recordings among them are passed over."""
    files = [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    heard: list[Call] = []
    complete = True
    for file in files:
        try:
            heard += _of_file(file)
        except AuditError as error:
            complain(f"{file}: {error}")
            complete = False
    if not heard:
        raise CallauditError(f"{paths[0]}: no audit could be read; write them with `callaudit audit --format json`")
    return heard, complete


def _of_file(file: Path) -> list[Call]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AuditError(f"cannot be read as JSON: {error}") from error
    documents = data if isinstance(data, list) else [data]
    return [call_from(one) for one in documents if not (isinstance(one, dict) and one.get("kind"))]


def _trial_row(one: Trial) -> dict[str, JsonValue]:
    found = one.finding
    return {
        "call": one.call.recording.path,
        "status": found.status if found else None,
        "before": one.before,
        "message": found.message if found else None,
        "why": found.why if found else None,
        "confidence": found.confidence if found else None,
        "quote": found.quote if found else None,
        "spans": [[place.span.start_s, place.span.end_s] for place in found.places] if found else [],
        "error": one.crashed,
        "near": [asdict(near) for near in one.near],
    }


# ── output ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _look() -> Look:
    console = Console()
    if not console.is_terminal:
        return Look()
    return Look(console.width, "NO_COLOR" not in os.environ)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    lines = StringIO()
    writer = csv.DictWriter(lines, fieldnames=list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff" + lines.getvalue()  # the mark by which Excel takes it for UTF-8
