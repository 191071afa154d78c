"""Rulebook files as raw data, and where in a file a fault lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

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

NO_RULES = "catalogue"
"""Files whose names begin so hold no rules."""

SHARED = ("phrases", "situations", "meanings", "sheets")
"""Files whose names begin so hold what rules share, by name; every other file is a chapter of rules."""

UNREADABLE = ("not YAML", "cannot be read")
"""How faults begin that leave nothing of a file: whatever else is wrong there follows from them."""

Key = str | int
Place = Traversable | Path


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in a rulebook file, on one line; a `warning` is worth a look, an `error` stops the rulebook.

    `field` is the way to it through the file, keys and indices parted by dots; lines count from 1.
    """

    file: str
    line: int
    field: str
    message: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field + ': ' if self.field else ''}{self.message}"


Report = Callable[[Fault], None]
"""What is told of a fault: `refuse` stops at the first, `list.append` goes on to the next."""


def refuse(fault: Fault) -> None:
    """Raises the fault as the error that it is."""
    raise RulebookError(str(fault))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file: the keys and indices that lead to it from the root."""

    file: Place
    keys: tuple[Key, ...] = ()

    def at(self, *keys: Key) -> Spot:
        """A place below this one."""
        return Spot(self.file, (*self.keys, *keys))

    @property
    def above(self) -> Spot:
        """The place that holds this one."""
        return Spot(self.file, self.keys[:-1])

    def fault(self, message: str, level: Literal["error", "warning"] = "error") -> Fault:
        """The fault that names file, line and field."""
        return Fault(str(self.file), line_of(self), ".".join(str(key) for key in self.keys), message, level)

    def error(self, message: str) -> RulebookError:
        """The fault as an error."""
        return RulebookError(str(self.fault(message)))


Named = dict[str, tuple[Any, Spot]]


@dataclass(frozen=True, slots=True)
class Raw:
    """The content of a rulebook as written; every rule comes with its chapter and its place.

    `shared` holds, for each kind of `SHARED`, what stands under which name.
    """

    head: Spot
    settings: dict[str, Any] = field(default_factory=dict)
    shared: dict[str, Named] = field(default_factory=dict)
    rules: tuple[tuple[Any, str, Spot], ...] = ()


def built_in() -> tuple[str, ...]:
    """Names of the rulebooks that come with the program."""
    return tuple(
        sorted(item.name for item in files(BUILTIN).iterdir() if item.is_dir() and not item.name.startswith("_"))
    )


def locate(name: str | Path) -> Place:
    """The file or folder of a rulebook: a path, or the name of a built-in one.

    Raises
    ------
    RulebookError
        There is no such file, folder or built-in rulebook.
    """
    path = Path(name)
    if path.exists():
        return path
    known = built_in()
    if str(name) in known:
        return files(BUILTIN) / str(name)
    raise RulebookError(f"{name}: no such rulebook; wanted a file, a folder or one of {', '.join(known)}")


def read_raw(place: Place, report: Report = refuse) -> Raw:
    """The raw content of a rulebook file or folder; of what is faulty, nothing.

    Raises
    ------
    RulebookError
        A folder has no rulebook.yaml.
    """
    if place.is_file():
        return _single(place, report)
    main = place / MAIN
    if not main.is_file():
        raise RulebookError(f"{place}: no {MAIN} in this folder; a rulebook needs one with name, version and title")
    shared: dict[str, Named] = {kind: {} for kind in SHARED}
    rules: list[tuple[Any, str, Spot]] = []
    for file in sorted(place.iterdir(), key=lambda item: item.name):
        if not file.name.endswith((".yaml", ".yml")) or file.name == MAIN or file.name.startswith(NO_RULES):
            continue
        kind = next((kind for kind in SHARED if file.name.startswith(kind)), None)
        if kind is None:
            rules += _rules(load(file, list, report), file.name.rsplit(".", 1)[0], Spot(file), report)
            continue
        for name, (given, spot) in _named(load(file, dict, report), Spot(file)).items():
            if name in shared[kind]:
                report(spot.fault(f"{name} is already in {shared[kind][name][1].file}"))
            shared[kind][name] = (given, spot)
    return Raw(Spot(main), load(main, dict, report), shared, tuple(rules))


def _single(file: Place, report: Report) -> Raw:
    data = load(file, dict, report)
    spot = Spot(file)
    own: dict[str, Any] = {}
    for key in (*SHARED, "rules"):
        kind = list if key == "rules" else dict
        own[key] = data.pop(key, None) or kind()
        if not isinstance(own[key], kind):
            report(spot.at(key).fault(f"wanted a {'mapping' if kind is dict else 'list'}, got {kind_of(own[key])}"))
            own[key] = kind()
    shared = {kind: _named(own[kind], spot.at(kind)) for kind in SHARED}
    return Raw(spot, data, shared, tuple(_rules(own["rules"], "", spot.at("rules"), report)))


def _named(data: dict[str, Any], spot: Spot) -> Named:
    return {str(key): (value, spot.at(key)) for key, value in data.items()}


def _rules(data: Sequence[Any], chapter: str, spot: Spot, report: Report) -> Iterator[tuple[Any, str, Spot]]:
    for index, entry in enumerate(data):
        if isinstance(entry, dict):
            yield entry, chapter, spot.at(index)
        else:
            report(spot.at(index).fault(f"a rule is a mapping, got {kind_of(entry)}"))


def load(file: Place, wanted: type, report: Report = refuse) -> Any:
    """The data of a YAML file whose root is a list or a mapping; an empty or a faulty file is an empty one."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        report(Fault(str(file), 1, "", f"cannot be read as UTF-8 text: {error}"))
        return wanted()
    try:
        data = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        report(Fault(str(file), mark.line + 1 if mark else 1, "", f"not YAML: {problem}"))
        return wanted()
    if data is None:
        return wanted()
    if not isinstance(data, wanted):
        wish = "mapping" if wanted is dict else "list"
        report(Fault(str(file), 1, "", f"wanted a {wish} at the top, got {kind_of(data)}"))
        return wanted()
    return data


def line_of(spot: Spot) -> int:
    """The line (from 1) of the nearest thing that exists on the way to the place."""
    try:
        node = nodes(spot.file.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return 1  # what is wrong there has been told by whoever read it
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


@lru_cache(maxsize=64)
def nodes(text: str) -> Any:
    """The YAML text as nodes that know their lines."""
    return yaml.compose(text, Loader)


def kind_of(value: object) -> str:
    """What a value is called in YAML."""
    return {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}.get(
        type(value), "a number"
    )
