"""The help costs no engine, and says of each command what the command says of itself."""

import subprocess
import sys

import click
import pytest

from callaudit.cli import COMMANDS, root

HEAVY = ("numpy", "scipy", "onnxruntime", "pydantic", "faster_whisper", "jinja2", "callaudit.pipeline")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_says_what_the_command_says(name: str) -> None:
    context = click.Context(root)
    command = root.get_command(context, name)
    assert command is not None
    assert command.name == name
    assert COMMANDS[name][1] == command.get_short_help_str(200)


def test_an_unknown_command_is_refused() -> None:
    assert root.get_command(click.Context(root), "audti") is None


def test_help_loads_no_engine() -> None:
    code = f"""
import sys
from callaudit.cli import main
sys.argv = ["callaudit", "--help"]
try:
    main()
finally:
    print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)
    assert done.stdout.rstrip().endswith("[]")


def test_hearing_a_call_loads_neither_scipy_signal_nor_librosa() -> None:
    """Together they cost more than a second of every start."""
    names = ("scipy.signal", "scipy.stats", "librosa")
    code = f"import sys, callaudit.pipeline; print([name for name in {names!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
