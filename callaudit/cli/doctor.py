"""`callaudit doctor`"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from callaudit.doctor import Check, examine

_MARKS = {"well": "ok   ", "note": "note ", "ill": "WRONG"}


@click.command()
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Settings in TOML to be checked too.")
@click.option("--store", help="Database to be checked, in place of that of the settings.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the audits, in place of that of the settings.")
@click.option(
    "--self-test/--no-self-test", default=True, help="Audit a call that comes with callaudit.", show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def doctor(config_path: Path | None, store: str | None, out: Path | None, self_test: bool, as_json: bool) -> None:
    """Look over the installation, and say what to do where something is not well.

    Libraries, models, decoders, machine, settings, store, sources, and the audit of a call that comes with callaudit.
    Needs no network. Each line that is not ok says what to do. Exit status: 0 well; 2 something is wrong.

    \b
    callaudit doctor
    callaudit doctor --config nightly.toml
    """
    checks: list[Check] = []
    for check in examine(config_path, store=store, out=out, with_self_test=self_test):
        checks.append(check)
        if not as_json:
            _print(check)
    n_ill = sum(check.state == "ill" for check in checks)
    if as_json:
        document = {"schema": "callaudit.doctor/1", "well": n_ill == 0, "checks": [asdict(check) for check in checks]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{n_ill} of {len(checks)} checks are wrong" if n_ill else "All is well.")
    sys.exit(2 if n_ill else 0)


def _print(check: Check) -> None:
    click.echo(f"{_MARKS[check.state]} {check.name}: {check.says}")
    if check.todo is not None:
        click.echo(f"      → {check.todo}")
