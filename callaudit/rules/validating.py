"""Data as typed values, and what to say where it cannot be one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from callaudit.rules.sources import Report, Spot

UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")
_HIDDEN = ("names", "inline")  # what a reference to situations is turned into before it is validated


def valid(kind: Any, given: Any, spot: Spot, report: Report) -> Any:
    """The data as a value of the kind; None, with every fault reported, where it cannot be one."""
    try:
        return _adapter(kind).validate_python(given)
    except ValidationError as error:
        for fault in _telling(error.errors(include_url=False)):
            keys = tuple(key for key in fault["loc"] if key not in _HIDDEN)
            report(spot.at(*keys).fault(_said(fault, kind)))
        return None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _telling(faults: Sequence[Any]) -> list[Any]:
    """The faults, unknown keys first: a typo explains what is missing beside it."""
    typos = [fault for fault in faults if fault["type"] in UNKNOWN]
    within = {fault["loc"][:-1] for fault in typos}
    rest = [fault for fault in faults if fault["type"] not in UNKNOWN]
    return typos + [f for f in rest if not (f["type"] in MISSING and f["loc"][:-1] in within)]


def _said(fault: Any, kind: Any) -> str:
    got = fault.get("input")
    shown = "" if isinstance(got, dict | list | tuple) or fault["type"] in MISSING else f", got {got!r}"
    if fault["type"] in UNKNOWN:
        names = _keys_at(kind, fault["loc"][:-1])
        known = f"; wanted one of {', '.join(names)}" if names else ""
        return f"there is no such option{like(str(fault['loc'][-1]), names) or known}"
    if fault["type"] in MISSING:
        return "is missing"
    message = "must not be empty" if fault["type"] == "too_short" else fault["msg"]
    message = message.removeprefix("Value error, ").replace("Input should", "should")
    return message if repr(got) in message else message + shown


def _keys_at(kind: Any, way: Sequence[int | str]) -> list[str]:
    """The keys that a mapping may have, some way below a value of the kind."""
    kinds = list(_dataclasses(kind))
    for key in way:
        if not isinstance(key, int) and key not in _HIDDEN:
            hints = [get_type_hints(one).get(str(key)) for one in kinds]
            kinds = [inner for hint in hints if hint is not None for inner in _dataclasses(hint)] or kinds
    return [own.name.rstrip("_") for one in kinds for own in fields(one)]


def _dataclasses(hint: Any) -> Iterator[Any]:
    """The dataclasses that a type is made of: X, X | None, tuple[X, ...], Annotated[X, …]."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for inner in get_args(hint):
        yield from _dataclasses(inner)


def like(name: str, known: Any) -> str:
    """The one name of those known that may have been meant, as a question."""
    close = get_close_matches(name, [str(item) for item in known], n=1)
    return f"; did you mean {close[0]}?" if close else ""
