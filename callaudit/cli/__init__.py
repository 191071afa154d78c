"""The command line: parse, call the library, write."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import click

from callaudit import __version__
from callaudit.errors import CallauditError

COMMANDS: Final = {"audit": "audit", "evaluate": "evaluate_command", "models": "models"}
"""Each command and what its module calls it; a module is loaded when its command is asked for."""


class _Commands(click.Group):
    """A group whose commands are loaded when they are needed: an audit does not wait for what evaluates audits."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"callaudit.cli.{cmd_name}"), COMMANDS[cmd_name])
        return command


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
