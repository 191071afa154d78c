"""The command line: parse, call the library, write."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from callaudit import __version__
from callaudit.errors import CallauditError

COMMANDS = {
    "audit": ("audit", "Audit recorded calls and print one report."),
    "batch": (
        "batch",
        "Audit every recording in folders, patterns, lists or storage, each once, whatever happens on the way.",
    ),
    "rescore": (
        "rescore_command",
        "Judge every stored call again, without opening a recording, and say whose verdict flips.",
    ),
    "store": ("store", "The database of calls: what is in it, what could not be heard, who looked."),
    "export": ("export", "Write stored calls, findings or turns as Parquet, for a data warehouse or a notebook."),
    "purge": ("purge", "Delete old calls from the store: what was said, how it was judged, whose call it was."),
    "evaluate": ("evaluate_command", "Measure hearing and judging on calls that you labelled."),
    "review": ("review", "Open the review desk in the browser: flagged calls to hear and to judge, dashboards, rules."),
    "accounts": (
        "accounts",
        "Who may use the review desk: make accounts, give them roles and passwords, disable them.",
    ),
    "labels": (
        "labels",
        "Write what people judged at the review desk as labels for callaudit evaluate.",
    ),
    "rules": ("rules", "Write rules, try them, and see what is covered; no Python needed."),
    "nightly": ("nightly", "Do one night as the settings say: for cron, a systemd timer or Airflow."),
    "doctor": ("doctor", "Look over the installation, and say what to do where something is not well."),
    "models": ("models", "The speech models: which there are, where they lie, whether they are whole."),
}
"""Name of each command's module, its name there, and what the help says of it."""


class _Commands(click.Group):
    """Loads a command when it is asked for: nobody waits for the engines to read the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"callaudit.cli.{cmd_name}"), COMMANDS[cmd_name][0])
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="callaudit")
def root() -> None:
    """Audit recorded customer-service calls against telephone etiquette, offline, with the evidence.

    \b
    Exit status: 0 audited; 1 findings at or above --fail-on; 2 something could not be audited, or wrong usage.
    """


def main() -> None:
    """Entry point of the console script: a fault of the world is one line on stderr and exit code 2."""
    try:
        root()
    except CallauditError as error:
        click.echo(f"callaudit: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:  # the reader of stdout (head, less) has left; that is no fault
        sys.stderr.close()
        sys.exit(0)
