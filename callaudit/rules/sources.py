"""Rulebook files as raw data, and where in a file a fault lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from callaudit.errors import RulebookError

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml: ten times slower, the same result
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

BUILTIN = "callaudit.rulebooks"
MAIN = "rulebook.yaml"
CATALOGUE = "catalogue.yaml"
"""What the documents ask for, with what no recording can answer: what rules are held against, and no rules itself."""

SHARED = ("phrases", "situations")
"""Files whose names begin so hold named phrase lists and situations; every other file is a chapter of rules."""

Key = str | int


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file: the keys and indices that lead to it from the root."""

    file: Traversable | Path
    keys: tuple[Key, ...] = ()

    def at(self, *keys: Key) -> Spot:
        """A place below this one."""
        return Spot(self.file, (*self.keys, *keys))

    def error(self, message: str) -> RulebookError:
        """The error that names file, line and field."""
        name = ".".join(str(key) for key in self.keys)
        return RulebookError(f"{self.file}:{line_of(self)}: {name + ': ' if name else ''}{message}")


@dataclass(frozen=True, slots=True)
class Raw:
    """The content of a rulebook as written; every rule comes with its place."""

    head: Spot
    settings: dict[str, Any] = field(default_factory=dict)
    phrases: dict[str, tuple[Any, Spot]] = field(default_factory=dict)
    situations: dict[str, tuple[Any, Spot]] = field(default_factory=dict)
    rules: tuple[tuple[Any, str, Spot], ...] = ()


def locate(name: str | Path) -> Traversable | Path:
    """The file or folder of a rulebook: a path, or the name of a built-in one.

    Raises
    ------
    RulebookError
        There is no such file, folder or built-in rulebook.
    """
    path = Path(name)
    if path.exists():
        return path
    known = sorted(item.name for item in files(BUILTIN).iterdir() if item.is_dir() and not item.name.startswith("_"))
    if str(name) in known:
        return files(BUILTIN) / str(name)
    raise RulebookError(f"{name}: no such rulebook; wanted a file, a folder or one of {', '.join(known)}")


def read_raw(place: Traversable | Path) -> Raw:
    """The raw content of a rulebook file or folder."""
    if place.is_file():
        return _single(place)
    main = place / MAIN
    if not main.is_file():
        raise RulebookError(f"{place}: no {MAIN} in this folder; a rulebook needs one with name, version and title")
    named: dict[str, dict[str, tuple[Any, Spot]]] = {kind: {} for kind in SHARED}
    rules: list[tuple[Any, str, Spot]] = []
    for file in sorted(place.iterdir(), key=lambda item: item.name):
        if not file.name.endswith((".yaml", ".yml")) or file.name in (MAIN, CATALOGUE):
            continue
        kind = next((kind for kind in SHARED if file.name.startswith(kind)), None)
        if kind is None:
            rules += _rules(load(file, list), file.name.rsplit(".", 1)[0], Spot(file))
            continue
        for name, (given, spot) in _named(load(file, dict), Spot(file)).items():
            if name in named[kind]:
                raise spot.error(f"{name} is already in {named[kind][name][1].file}")
            named[kind][name] = (given, spot)
    return Raw(Spot(main), load(main, dict), named["phrases"], named["situations"], tuple(rules))


def _single(file: Traversable | Path) -> Raw:
    data = load(file, dict)
    spot = Spot(file)
    own: dict[str, Any] = {}
    for key, kind in (("phrases", dict), ("situations", dict), ("rules", list)):
        own[key] = data.pop(key, kind())
        if not isinstance(own[key], kind):
            raise spot.at(key).error(f"wanted a {'mapping' if kind is dict else 'list'}, got {_kind(own[key])}")
    return Raw(spot, data, _named(own["phrases"], spot.at("phrases")), _named(own["situations"], spot.at("situations")),
               tuple(_rules(own["rules"], "", spot.at("rules"))))  # fmt: skip


def _named(data: dict[str, Any], spot: Spot) -> dict[str, tuple[Any, Spot]]:
    return {str(key): (value, spot.at(key)) for key, value in data.items()}


def _rules(data: Sequence[Any], chapter: str, spot: Spot) -> Iterator[tuple[Any, str, Spot]]:
    for index, entry in enumerate(data):
        if not isinstance(entry, dict):
            raise spot.at(index).error(f"a rule is a mapping, got {_kind(entry)}")
        yield entry, chapter, spot.at(index)


def load(file: Traversable | Path, wanted: type) -> Any:
    """The data of a YAML file whose root is a list or a mapping; an empty file is an empty one."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RulebookError(f"{file}: cannot be read as UTF-8 text: {error}") from error
    try:
        data = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise RulebookError(f"{file}{line}: not YAML: {problem}") from error
    if data is None:
        return wanted()
    if not isinstance(data, wanted):
        raise RulebookError(
            f"{file}:1: wanted a {'mapping' if wanted is dict else 'list'} at the top, got {_kind(data)}"
        )
    return data


def line_of(spot: Spot) -> int:
    """The line (from 1) of the nearest thing that exists on the way to the place."""
    node = yaml.compose(spot.file.read_text(encoding="utf-8"), Loader)
    line = 1
    for key in spot.keys:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(key)), None)
            if found is None:
                continue  # a step that only the schema knows
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
    return line


def _kind(value: object) -> str:
    return {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}.get(
        type(value), "a number"
    )


kind_of = _kind
