"""Everything that is wrong, or looks so, in a rulebook somebody wrote: by file and line, all of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from callaudit.authoring.examples import KINDS
from callaudit.authoring.phrases import Listed, idle, listed, short
from callaudit.rules.rule import Rule
from callaudit.rules.rulebook import Written, faults_of
from callaudit.rules.sources import Fault, Spot, nodes
from callaudit.testing.scripts import call_from_script

MERGED: Final = ("names", "inline")  # steps on the way to an option that no file has
SHOWN: Final = 6


def check_rulebook(path: Path) -> tuple[Fault, ...]:
    """The faults of a rulebook file or folder, errors and warnings, in order of file and line.

    Only what it writes itself is looked at, not what it extends.
    """
    written, faults = faults_of(path)
    found = [*faults, *_twice(path)]
    if written is not None:
        rules = {rule.id: rule for rule in written.book.rules}
        for rule_id, own in written.own.items():
            spot = written.rules[rule_id]
            found += _scripts(own, spot)
            if rule_id in rules:
                found += _rule(rules[rule_id], own, written, spot)
        found += _shared(written, path)
    return tuple(sorted(set(found)))


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _rule(rule: Rule, own: Mapping[str, Any], written: Written, spot: Spot) -> Iterator[Fault]:
    only_needs = all(check.operator == "needs" for check in rule.checks)
    wanted = ("not_assessable",) if only_needs else ("passes", "fails")
    for kind in wanted:
        if not getattr(rule, kind):
            yield spot.fault(f"{rule.id} has no example of what {_MEANT[kind]} ({kind})", "warning")
    for index, check in enumerate(rule.checks):
        many = isinstance(written.entries[rule.id].get("check"), list)
        for one in listed(check.options, ("check", index) if many else ("check",)):
            yield from _phrases(one, own, written, spot)
    for key in ("when", "unless", "excuse", "raised"):
        for one in listed(getattr(rule, key), (key,)):
            yield from _phrases(one, own, written, spot)


_MEANT: Final = {"passes": "keeps it", "fails": "breaks it", "not_assessable": "cannot be judged"}


def _scripts(own: Mapping[str, Any], spot: Spot) -> Iterator[Fault]:
    """Examples that are no call scripts."""
    for kind in KINDS:
        scripts = own.get(kind)
        for index, script in enumerate(scripts if isinstance(scripts, list) else ()):
            try:
                call_from_script(script)
            except (ValueError, TypeError, KeyError, AttributeError) as error:  # people write anything into scripts
                yield spot.at(kind, index).fault(f"this is no call script: {error}")


def _shared(written: Written, path: Path) -> Iterator[Fault]:
    """What is wrong with situations and sets of phrases."""
    for name, (given, spot) in written.shared["situations"].items():
        if _within(spot, path) and name in written.book.situations and isinstance(given, dict):
            for one in listed(written.book.situations[name]):
                yield from _phrases(one, given, written, spot)
    for name, (given, spot) in written.shared["phrases"].items():
        if _within(spot, path):
            yield from _phrases(Listed((name,), tuple(written.phrases[name])), {name: given}, written, spot.above)


def _within(spot: Spot, path: Path) -> bool:
    return isinstance(spot.file, Path) and (spot.file == path or path in spot.file.parents)


# ── phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _phrases(one: Listed, own: Mapping[str, Any], written: Written, spot: Spot) -> Iterator[Fault]:
    """What is wrong with the phrases that stand in the file itself, at their own lines."""
    way = tuple(key for key in one.way if key not in MERGED)
    given, way = _at(own, way)
    if given is None:
        return
    lines = {text: index for index, text in enumerate(given) if isinstance(text, str) and not text.startswith("@")}
    language = written.book.language
    for phrase, why in idle(tuple(lines), one, language):
        yield spot.at(*way, lines[phrase]).fault(f"{phrase!r} {why}", "warning")
    if brief := short(tuple(lines), one, language):
        shown = "、".join(brief[:SHOWN]) + (" …" if len(brief) > SHOWN else "")
        why = "are too short to be told by sound: misheard in other characters they are not recognised"
        yield spot.at(*way).fault(f"{shown} {why}", "warning")


def _at(own: Mapping[str, Any], way: tuple[str | int, ...]) -> tuple[list[Any] | None, tuple[str | int, ...]]:
    """The list that stands there in the file, and the way to it as the file has it (a lone item may lack its index)."""
    value: Any = own
    kept: list[str | int] = []
    for key in way:
        known = range(len(value)) if isinstance(value, list) else value if isinstance(value, Mapping) else ()
        if key in known:
            value = value[key]
            kept.append(key)
        elif not isinstance(key, int):
            return None, ()
    return (value if isinstance(value, list) else None), tuple(kept)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _twice(path: Path) -> Iterator[Fault]:
    """Keys that stand twice in one mapping: YAML takes the last and says nothing."""
    files = sorted(path.glob("*.y*ml")) if path.is_dir() else [path]
    for file in files:
        try:
            root = nodes(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            continue  # told by whoever reads the file
        yield from _keys(root, Spot(file))


def _keys(node: Any, spot: Spot) -> Iterator[Fault]:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                way = ".".join(str(step) for step in (*spot.keys, key.value))
                yield Fault(str(spot.file), line, way, f"stands here already in line {seen[key.value]}")
            seen[key.value] = line
            yield from _keys(value, spot.at(key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _keys(item, spot.at(index))
