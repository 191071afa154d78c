"""What a line of the trail says beside its act, in the words of the pages; what has no words stays as it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from callaudit.desk.trail import Line
from callaudit.web.words import words

HIDDEN: Final = frozenset({"call", "call_id", "version"})
"""What a column of its own tells, or what is of no use to people."""
FIRST: Final = ("rule", "says", "state", "rules")
TELLING: Final = frozenset({"own", "audits"})
"""What is worth telling only where it is so."""
WORDED: Final = {"role": "desk.role", "says": "judging.says", "state": "appeals.state", "table": "figures.tab"}
"""Whose values have words, and how the keys of these begin."""
ADDRESSES: Final = {"calibration": "/calibrations/{}"}
MOST_NAMED: Final = 2
"""More are folded."""


@dataclass(frozen=True, slots=True)
class Detail:
    """A part of a line: `label` is empty where `text` speaks for itself; `items` are folded below it."""

    label: str
    text: str
    items: tuple[str, ...] = ()
    path: str | None = None


def details(
    line: Line, language: str, title_of: Callable[[str], str], name_of: Callable[[int], str]
) -> tuple[Detail, ...]:
    """What a line says of its act.

    Parameters
    ----------
    title_of : a rule's name
    name_of : that of an account
    """
    own = words(language)
    keys = sorted(line.what, key=lambda key: FIRST.index(key) if key in FIRST else len(FIRST))
    found = []
    for key in keys:
        value = line.what[key]
        if key in HIDDEN or value in (None, "", []) or (key in TELLING and not value):
            continue
        label = own.get(f"trail.what.{key}", "" if key in FIRST else key)
        if key in TELLING:
            found.append(Detail("", label))
        elif key == "rule":
            found.append(Detail("", title_of(value)))
        elif isinstance(value, list):
            found.append(_list(own, label, [title_of(one) if key == "rules" else str(one) for one in value]))
        elif key == "before":  # who had a call, or up to when calls were purged
            is_account = isinstance(value, int)
            found.append(Detail(label, name_of(value)) if is_account else Detail(own["trail.until"], str(value)))
        else:
            path = ADDRESSES[key].format(value) if key in ADDRESSES else None
            found.append(Detail(label, _told(own, key, value), path=path))
    return tuple(found)


def _list(own: Mapping[str, str], label: str, items: list[str]) -> Detail:
    if len(items) <= MOST_NAMED:
        return Detail(label, own["trail.and"].join(items))
    return Detail(label, own["trail.n"].format(n=len(items)), tuple(items))


def _told(own: Mapping[str, str], key: str, value: Any) -> str:
    """A value in words: a role, an outcome, the name of a table, yes or no."""
    if isinstance(value, bool):
        return own["trail.yes" if value else "trail.no"]
    return own.get(f"{WORDED[key]}.{value}", str(value)) if key in WORDED else str(value)
