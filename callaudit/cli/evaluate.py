"""`callaudit evaluate LABELS_DIR`"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from callaudit.cli.screen import Bar, complain, shown_in, write_report
from callaudit.cli.settings import settings
from callaudit.errors import CallauditError, LabelError
from callaudit.evaluation import (
    Comparison,
    Evaluation,
    Hypothesis,
    Timing,
    Truth,
    compare,
    evaluate,
    find_hypothesis,
    find_labels,
    hypothesis_of,
    read_hypothesis,
    read_labels,
)
from callaudit.evaluation.hearing import audit_labelled, degraded, sound_folders
from callaudit.evaluation.reports import FORMATS, SUFFIXES
from callaudit.evaluation.reports.text import Look, render_text
from callaudit.pipeline import Auditor
from callaudit.reports.json import audit_document, dumped

REPORT: Final = "evaluation"


@dataclass(slots=True)
class _Heard:
    """The audits of a run by the id of the call, and whether all could be had."""

    audits: dict[str, Hypothesis]
    timings: dict[str, Timing]
    complete: bool = True


@click.command("evaluate")
@click.argument("labels_dir", type=click.Path(path_type=Path))
@click.option("--audits", type=click.Path(path_type=Path), help="Evaluate these audits (<call>.json); audit nothing.")
@click.option("--audio", type=click.Path(path_type=Path), help="Folder of the recordings.  [default: beside, ../audio]")
@click.option("--against", type=click.Path(path_type=Path), help="Audits of an earlier run to compare with.")
@click.option("--format", "format_name", type=click.Choice(tuple(FORMATS)), help="[default: by --out, else text]")
@click.option("--out", type=click.Path(path_type=Path), help="File, or a folder for the report in every format.")
@click.option("--only", metavar="GLOB", help="Only calls whose name matches, e.g. 'd0*'.")
@click.option("--degrade", metavar="NAME", help="Hear copies made worse: snr20 snr10 snr5 loss3 gsm agc faint40 …")
@click.option("--true-words", is_flag=True, help="Judge the words of the labels, not the recogniser's.")
@click.option("--keep-audits", type=click.Path(path_type=Path), help="Write each audit to this folder as <call>.json.")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="Settings in TOML; options outrank them."
)
@click.option("--rulebook", help="Built-in name, YAML file or folder.  [default: etiquette-zh]")
@click.option(
    "--model", help="Name of `callaudit models list`, faster-whisper size, or folder.  [default: whisper-base]"
)
@click.option("--device", type=click.Choice(["cpu", "cuda", "auto"]), help="Where the model runs.  [default: cpu]")
@click.option("--language", help="zh, en, … or auto.  [default: auto, Chinese where in doubt]")
def evaluate_command(
    labels_dir: Path,
    audits: Path | None,
    audio: Path | None,
    against: Path | None,
    format_name: str | None,
    out: Path | None,
    only: str | None,
    degrade: str | None,
    true_words: bool,
    keep_audits: Path | None,
    config_path: Path | None,
    **given: str | None,
) -> None:
    """Measure hearing and judging on calls that you labelled.

    LABELS_DIR holds <call>.json, or <call>.label.json, for each call; callaudit/evaluation/README.md tells what to
    write into it. The calls are audited now, unless --audits names a folder of audits made before, by this program or
    another.

    \b
    callaudit evaluate samples
    callaudit evaluate labels --audio recordings --out report.html --keep-audits audits
    callaudit evaluate labels --true-words
    callaudit evaluate labels --audits audits --against last-week
    """
    hearing: dict[str, Path | str | None] = {
        "--audio": audio,
        "--degrade": degrade,
        "--true-words": "yes" if true_words else None,
        "--keep-audits": keep_audits,
        "--config": config_path,
    }
    _check_usage(audits, hearing | {f"--{name}": value for name, value in given.items()})
    paths = find_labels(labels_dir, only)
    truths, faults = read_labels(paths)
    for fault in faults:
        complain(str(fault))
    if not truths:
        raise LabelError(f"{labels_dir}: no label could be read; mend them and try again")
    other = None if against is None else _read(truths, against)  # first: a wrong folder is said before hours of work
    if audits is None:
        heard = _audit(truths, labels_dir, audio, degrade, keep_audits, (config_path, given), told=true_words)
    else:
        heard = _read(truths, audits)
    condition = ", ".join(filter(None, [degrade, "words of the labels" if true_words else None])) or None
    evaluation = evaluate(truths, heard.audits, timings=heard.timings, condition=condition)
    comparison = None if other is None else compare(evaluate(truths, other.audits), evaluation)
    _write(evaluation, comparison, format_name, out)
    sys.exit(0 if heard.complete and not faults else 2)


def _check_usage(audits: Path | None, others: Mapping[str, Path | str | None]) -> None:
    """Refuse options that only make sense where something is audited."""
    idle = [name for name, value in others.items() if value is not None]
    if audits is not None and idle:
        raise click.UsageError(f"--audits evaluates audits made before; leave out {', '.join(idle)}, or --audits")


def _audit(
    truths: Sequence[Truth],
    labels_dir: Path,
    audio: Path | None,
    degrade: str | None,
    keep: Path | None,
    config: tuple[Path | None, Mapping[str, str | None]],
    *,
    told: bool,
) -> _Heard:
    """Audit every call now."""
    treatment = degraded(degrade) if degrade else None
    auditor = Auditor.from_config(settings(*config))
    if keep is not None:
        _make_folder(keep)
    heard = _Heard({}, {})
    with Bar(len(truths), shown_in(auditor.config)) as bar:
        folders = sound_folders(labels_dir, audio)
        for one in audit_labelled(truths, folders, auditor, treatment=treatment, told=told, progress=bar):
            bar.file_done()
            if one.audit is None or one.timing is None:
                complain(one.error)
                heard.complete = False
                continue
            heard.audits[one.truth.id] = hypothesis_of(one.audit)
            heard.timings[one.truth.id] = one.timing
            heard.complete &= not one.audit.failures
            if keep is not None:
                document = dumped(audit_document(one.audit))
                write_report(document, keep / f"{one.truth.id}.json")
    if not heard.audits:
        raise CallauditError(f"{labels_dir}: none of its {len(truths)} labelled calls could be audited; see above")
    return heard


def _read(truths: Sequence[Truth], folder: Path) -> _Heard:
    """Audits made before."""
    if not folder.is_dir():
        raise LabelError(f"{folder}: no such folder; wanted the folder of the audits (<call>.json)")
    heard = _Heard({}, {})
    absent: list[str] = []
    for truth in truths:
        path = find_hypothesis(folder, truth.id)
        try:
            found = read_hypothesis(path) if path else None
        except LabelError as fault:
            complain(str(fault))
            heard.complete = False
            continue
        if found is None:
            absent.append(truth.id)
        else:
            heard.audits[truth.id] = found
    if len(absent) == len(truths):
        raise LabelError(f"{folder}: no audit of any labelled call; wanted {truths[0].id}.json and the like")
    if absent:
        more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        complain(f"{folder}: no audit of {absent[0]}{more}; counted as missing")
        heard.complete = False
    return heard


def _write(evaluation: Evaluation, comparison: Comparison | None, format_name: str | None, out: Path | None) -> None:
    """One report, or one of each format into a folder."""
    if out is not None and (out.is_dir() or (format_name is None and not out.suffix)):
        _make_folder(out)
        for name, render in FORMATS.items():
            if format_name in (None, name):
                write_report(render(evaluation, comparison), out / f"{REPORT}{SUFFIXES[name]}")
        return
    by_suffix = {SUFFIXES[name]: name for name in FORMATS}
    chosen = format_name or (by_suffix.get(out.suffix.lower(), "text") if out else "text")
    if chosen == "text" and out is None:
        console = Console()
        color = console.is_terminal and "NO_COLOR" not in os.environ
        look = Look(console.width if console.is_terminal else 110, color)
        write_report(render_text(evaluation, comparison, look), None)
    else:
        write_report(FORMATS[chosen](evaluation, comparison), out)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallauditError(f"{folder}: cannot make this folder ({error.strerror}); choose another") from error
