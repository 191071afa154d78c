"""`callaudit audit FILE…`"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import cast

import click
from rich.console import Console

from callaudit.audio import encode_clip, read_audio, silenced
from callaudit.cli.screen import Bar, complain, shown_in, write_report
from callaudit.cli.settings import settings
from callaudit.errors import CallauditError
from callaudit.history import customer_of, read_history
from callaudit.pipeline import Auditor, hear_files, judge_together
from callaudit.privacy import silent_spans
from callaudit.records import SEVERITIES, Audit, Call, Failed, PersonalKind, Severity
from callaudit.reports import Clip, ReportOptions, formats, render_many
from callaudit.rules.past import NO_HISTORY, History
from callaudit.waveforms import outlined, waveforms


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option("--format", "format_name", type=click.Choice(formats()), default="text", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the report here, not on stdout.")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="Settings in TOML; options outrank them."
)
@click.option("--rulebook", help="Built-in name, YAML file or folder.  [default: etiquette-zh]")
@click.option("--sheet", help="Scoring sheet of the rulebook, e.g. bank.  [default: by the sector, else general]")
@click.option(
    "--model",
    help="Name of `callaudit models list`, faster-whisper size, or folder of a Whisper, SenseVoice or Paraformer.  "
    "[default: whisper-base]",
)
@click.option("--device", type=click.Choice(["cpu", "cuda", "auto"]), help="Where the model runs.  [default: cpu]")
@click.option("--language", help="zh, en, … or auto.  [default: auto, Chinese where in doubt]")
@click.option("--roles", help="Who lies on which channel, e.g. 0=agent,1=customer.  [default: heard from the call]")
@click.option("--direction", type=click.Choice(["inbound", "outbound"]), help="Seen from the audited company.")
@click.option("--started-at", help="ISO 8601, e.g. 2026-11-20T10:00:00+08:00.")
@click.option(
    "--history",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with the JSON audits of all other calls of the time: was a promised call back made?",
)
@click.option(
    "--mask",
    metavar="KINDS",
    help="Personal data to mask in words, of card, code, phone, identity, plate, address, name; or all, or none.  "
    "[default: card,code]",
)
@click.option(
    "--fail-on",
    type=click.Choice([*SEVERITIES, "never"]),
    default="never",
    show_default=True,
    help="Exit with 1 where a rule of this severity or a graver one is violated.",
)
def audit(
    files: tuple[Path, ...],
    format_name: str,
    out: Path | None,
    config_path: Path | None,
    history: Path | None,
    fail_on: str,
    **given: str | None,
) -> None:
    """Audit recorded calls and print one report.

    Reads WAV, FLAC, OGG, MP3, Opus, M4A, AMR, GSM … with one or two channels, and a sidecar FILE.meta.json beside each
    (FILE without its ending): direction, started_at, company, agent_id, customer_number, sector, holiday …

    \b
    callaudit audit call.wav
    callaudit audit call.wav --format html --out call.html
    callaudit audit *.mp3 --format csv --out night.csv --fail-on critical
    callaudit audit *.mp3 --format json --out tuesday.json --history audits/
    """
    config = settings(config_path, given)
    auditor = Auditor.from_config(config)
    overrides = {key: value for key in ("roles", "direction", "started_at") if (value := given[key]) is not None}
    heard: list[Call | Failed] = []
    with Bar(len(files), shown_in(config)) as bar:
        for one in hear_files(files, auditor, overrides=overrides, progress=bar):
            heard.append(one)
            bar.file_done()
    results = judge_together(heard, auditor, _known(history, heard, auditor))
    audits = [one for one in results if isinstance(one, Audit)]
    failed = [one for one in results if isinstance(one, Failed)]
    for one in failed:
        complain(one.error)
    if audits:
        options = _options(
            audits,
            [path for path, one in zip(files, results, strict=True) if isinstance(one, Audit)],
            format_name,
            out,
            config.privacy.silence,
        )
        write_report(render_many(audits, failed, format_name, options), out)
    sys.exit(2 if failed or any(one.failures for one in audits) else int(_found(audits, fail_on)))


def _known(folder: Path | None, heard: Sequence[Call | Failed], auditor: Auditor) -> History:
    """The calls of earlier audits; files that hold none are named and left out."""
    if folder is None:
        return NO_HISTORY
    calls = [one for one in heard if isinstance(one, Call)]
    customers = {customer for call in calls if (customer := customer_of(call, auditor.rulebook)) is not None}
    history, unread = read_history(folder, auditor.rulebook, customers)
    for one in unread:
        complain(f"{one.path} is left out of the history: {one.why}")
    return history


def _found(audits: Sequence[Audit], fail_on: str) -> bool:
    """Whether a rule of that severity or a graver one is violated."""
    if fail_on == "never":
        return False
    grave = SEVERITIES[: SEVERITIES.index(cast(Severity, fail_on)) + 1]  # click has checked the choice
    return any(f.status == "violated" and f.severity in grave for one in audits for f in one.findings)


def _options(
    audits: Sequence[Audit],
    paths: Sequence[Path],
    format_name: str,
    out: Path | None,
    silence: Collection[PersonalKind],
) -> list[ReportOptions]:
    if format_name == "html":
        return [_sound(one, path, silence) for one, path in zip(audits, paths, strict=True)]
    console = Console()
    color = out is None and console.is_terminal and "NO_COLOR" not in os.environ
    width = console.width if out is None and console.is_terminal else 100
    return [ReportOptions(width=width, color=color) for _ in audits]


def _sound(one: Audit, path: Path, silence: Collection[PersonalKind]) -> ReportOptions:
    """Outline and clip for the page, silent where personal data of those kinds is said; without the recording none."""
    try:
        _, audio = read_audio(path)
    except CallauditError as error:
        complain(f"the page of {path} has no sound: {error}")
        return ReportOptions()
    audio = silenced(audio, silent_spans(one.call, silence))
    return ReportOptions(waveform=waveforms(one.call, outlined(audio)), clip=Clip("audio/mpeg", encode_clip(audio)))
