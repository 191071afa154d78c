"""What is wrong in a JSON file that somebody wrote: file, line, field, what was wanted and what was got."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from callaudit.errors import LabelError
from callaudit.rules.sources import Spot, line_of

Place = tuple[str | int, ...]
LONGEST_SHOWN: Final = 40


class Fault(Exception):
    """A fault at a place inside a file; the reader adds which file."""

    def __init__(self, place: Place, problem: str) -> None:
        super().__init__(problem)
        self.place = place
        self.problem = problem

    def at(self, path: Path) -> LabelError:
        """The same for whoever reads the message."""
        return LabelError(f"{path}:{_line(path, self.place)}: {_field(self.place)}: {self.problem}")


def read_json(path: Path) -> tuple[str, Any]:
    """Text and data of a JSON file.

    Raises
    ------
    LabelError
        It cannot be read, is not UTF-8 or not JSON.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror}); check the file") from error
    except UnicodeDecodeError as error:
        raise LabelError(f"{path}: wanted UTF-8, got other bytes at {error.start}; save the file as UTF-8") from error
    try:
        return text, json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise LabelError(f"{path}:{error.lineno}: not JSON at column {error.colno}: {error.msg}; mend it") from error
    except (ValueError, RecursionError) as error:
        raise LabelError(f"{path}: not JSON: {error}; mend it") from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON, write null or leave the field out")


def fault_of(path: Path, error: ValidationError) -> LabelError:
    """The first fault that pydantic found, in one line."""
    first = error.errors(include_url=False)[0]
    place = tuple(first["loc"])
    more = f" (and {error.error_count() - 1} more in this file)" if error.error_count() > 1 else ""
    if first["type"] == "missing":
        return LabelError(f"{path}:{_line(path, place[:-1])}: {_field(place)}: missing; add it{more}")
    got = first["input"]
    shown = f", got {got!r}" if isinstance(got, int | float | bool) or got is None else ""
    if isinstance(got, str) and len(got) <= LONGEST_SHOWN:
        shown = f", got {got!r}"
    said = first["msg"][:1].lower() + first["msg"][1:]
    return LabelError(f"{path}:{_line(path, place)}: {_field(place)}: {said}{shown}; mend the value{more}")


def _field(place: Place) -> str:
    """The place as people write it.

    >>> _field(("turns", 3, "end"))
    'turns[3].end'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "file"


def _line(path: Path, place: Place) -> int:
    """The line (from 1) of the place: JSON is YAML, whose reader keeps track of lines."""
    try:
        return line_of(Spot(path, place))
    except (yaml.YAMLError, OSError, ValueError, RecursionError):  # tabs, and what else JSON allows and YAML does not
        return 1
