"""What can be changed of a rule to see what it would do: its numbers, its lists of phrases; and the change as YAML."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, Literal

import yaml

from callaudit.authoring.phrases import phrase_fields
from callaudit.errors import DeskError
from callaudit.rules.base import Limit
from callaudit.rules.rule import Rule
from callaudit.rules.rulebook import SPLICED, Written

Kind = Literal["number", "phrases"]
Way = tuple[str | int, ...]
MOST_PHRASES: Final = 2000
LONGEST_PHRASE: Final = 200


@dataclass(frozen=True, slots=True)
class Knob:
    """A value of a rule: the way to it through the rule's entry, and what it is now.

    `is_default`: the entry does not write it. `origin` is where a limit comes from: the document, or proposed.
    """

    way: Way
    kind: Kind
    number: float | None = None
    phrases: tuple[str, ...] = ()
    is_default: bool = False
    origin: str | None = None

    @property
    def id(self) -> str:
        """The way as text."""
        return ".".join(map(str, self.way))

    @property
    def told(self) -> str:
        """What it is now, on one line."""
        return f"{self.number:g}" if self.number is not None else "、".join(self.phrases)


@dataclass(frozen=True, slots=True)
class Change:
    """A rule with one value replaced: `entry` is what a rulebook writes over the rule of the one it extends."""

    rule: str
    name: str
    old: str
    new: str
    entry: Mapping[str, Any]

    def text(self, extends: str) -> str:
        """A rulebook of that one change."""
        written = {"extends": extends, "rules": [{"id": self.rule, **self.entry}]}
        return yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=100)


def knobs(written: Written, rule: Rule) -> tuple[Knob, ...]:
    """What can be changed of a rule, its checks first."""
    entry = written.entries[rule.id]
    found: list[Knob] = []
    several = isinstance(entry.get("check"), list)
    for index, check in enumerate(rule.checks):
        way: Way = ("check", index) if several else ("check",)
        found += _of(check.options, _at(entry, way), way)
    for key in SPLICED[1:]:
        if entry.get(key):
            found += _of(getattr(rule, key), entry[key], (key,))
    return tuple(found)


def _of(value: Any, given: Any, way: Way) -> Iterator[Knob]:
    """The knobs of options, beside how they are written; what a whole group leaves out is only offered at the top."""
    if isinstance(value, tuple | list):
        for index, item in enumerate(value):
            if isinstance(given, list) and index < len(given) and is_dataclass(item):
                yield from _of(item, given[index], (*way, index))
        return
    if not is_dataclass(value) or not isinstance(given, Mapping):
        return
    spoken = phrase_fields(type(value))
    for own in fields(value):
        name = own.name.rstrip("_")
        inner, here = getattr(value, own.name), (*way, name)
        if isinstance(inner, Limit):
            yield Knob(here, "number", inner.value, is_default=name not in given, origin=inner.origin)
        elif isinstance(inner, int | float) and not isinstance(inner, bool):
            yield Knob(here, "number", float(inner), is_default=name not in given)
        elif name in given and own.name in spoken:
            yield from _phrases(given[name], here)
        elif name in given:
            yield from _of(inner, given[name], here)


def _phrases(given: Any, way: Way) -> Iterator[Knob]:
    listed = [given] if isinstance(given, str) else given
    if isinstance(listed, list) and listed and all(isinstance(one, str) for one in listed):
        yield Knob(way, "phrases", phrases=tuple(listed))
    elif isinstance(listed, list):
        for index, group in enumerate(listed):
            if isinstance(group, list) and group and all(isinstance(one, str) for one in group):
                yield Knob((*way, index), "phrases", phrases=tuple(group))


def change(written: Written, rule: Rule, knob_id: str, given: str) -> Change:
    """The rule with one value replaced by what somebody wrote: a number, or phrases, one a line.

    Raises
    ------
    DeskError
        There is no such value, or this is none.
    """
    knob = next((one for one in knobs(written, rule) if one.id == knob_id), None)
    if knob is None:
        raise DeskError("this rule has no such value")
    value = _number(given) if knob.kind == "number" else _lines(given)
    if value == (knob.number if knob.kind == "number" else list(knob.phrases)):
        raise DeskError("that is what it says already")
    top, rest = str(knob.way[0]), knob.way[1:]
    entry: dict[str, Any] = {top: _apart(written.entries[rule.id][top])}
    held: Any = entry
    for key in knob.way[:-1]:
        held = held[key]
    held[knob.way[-1]] = value
    if top == "check" and isinstance(entry["check"], dict):  # what is not written over is inherited
        entry["check"] = {key: entry["check"][key] for key in ("operator", rest[0])}
    told = f"{value:g}" if isinstance(value, float | int) else "、".join(value)
    return Change(rule.id, ".".join(map(str, knob.way)), knob.told, told, entry)


def _apart(given: Any) -> Any:
    """The data anew, where parts that are written once and named by an anchor stand each by itself."""
    if isinstance(given, dict):
        return {key: _apart(value) for key, value in given.items()}
    return [_apart(value) for value in given] if isinstance(given, list) else given


def _number(given: str) -> float | int:
    try:
        number = float(given.strip().replace("，", "."))
    except ValueError as error:
        raise DeskError("that is no number") from error
    if not math.isfinite(number) or abs(number) > 1e9:
        raise DeskError("that is no number")
    return int(number) if number.is_integer() else number


def _lines(given: str) -> list[str]:
    found = [line.strip() for line in given.splitlines() if line.strip()]
    if not found:
        raise DeskError("wanted at least one phrase")
    if len(found) > MOST_PHRASES or max(map(len, found)) > LONGEST_PHRASE:
        raise DeskError("that is too long; 2000 characters at most")
    return found


def _at(entry: Any, way: Way) -> Any:
    for key in way:
        entry = entry[key]
    return entry
