"""The command line: parse, call the library, write."""

from __future__ import annotations

import sys

import click

from callaudit import __version__
from callaudit.cli.audit import audit
from callaudit.cli.evaluate import evaluate_command
from callaudit.cli.models import models
from callaudit.errors import CallauditError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="callaudit")
def root() -> None:
    """Audit recorded customer-service calls against telephone etiquette, offline, with the evidence.

    \b
    Exit status: 0 audited; 1 findings at or above --fail-on; 2 something could not be audited, or wrong usage.
    """


root.add_command(audit)
root.add_command(evaluate_command)
root.add_command(models)


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
