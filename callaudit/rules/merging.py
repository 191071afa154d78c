"""A rulebook laid over the one that it extends, and named phrases put in their places.

What both have is overridden by name or id: rules and situations key by key, options of the same operator one by one,
settings to any depth. In a list, '@inherited' stands for what the other rulebook has there, so that a list can be
added to; a set of phrases may name itself for the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callaudit.errors import RulebookError
from callaudit.rules.cues import Phrases
from callaudit.rules.sources import SHARED, Named, Raw, Report, Spot, kind_of, locate, read_raw
from callaudit.rules.validating import like, valid

Given = dict[str, Any]

INHERITED = "@inherited"


@dataclass(frozen=True, slots=True)
class Merged:
    """A rulebook with what it extends.

    `phrases` holds every version of a set, the last one in force; `own` is what the rulebook itself writes of a rule.
    """

    head: Given
    spot: Spot
    phrases: dict[str, tuple[tuple[Any, Spot], ...]]
    shared: dict[str, Named]
    rules: dict[str, tuple[Given, str, Spot]]
    own: dict[str, Given]


def merged(raw: Raw, report: Report, seen: tuple[str, ...] = ()) -> Merged:
    """The rulebook over those it extends; of two rules with one id the first counts."""
    base = _base(raw, report, seen)
    rules = dict(base.rules) if base else {}
    own: dict[str, Given] = {}
    for given, chapter, spot in raw.rules:
        rule_id = given.get("id")
        if not isinstance(rule_id, str):
            report(spot.at("id").fault(f"every rule needs an id of small letters, digits and -, got {rule_id!r}"))
        elif rule_id in own:
            report(spot.at("id").fault(f"two rules have the id {rule_id}"))
        elif rule_id in rules:
            before, before_chapter, _ = rules[rule_id]
            rules[rule_id] = (_rule_over(before, given), chapter or before_chapter, spot)
            own[rule_id] = given
        else:
            rules[rule_id] = (given, chapter, spot)
            own[rule_id] = given
    _disable(raw, rules, report)
    head = {**(base.head if base else {}), **raw.settings}
    for key in ("chapters", "settings"):
        if base and isinstance(raw.settings.get(key, {}), dict):
            head[key] = laid_over(base.head.get(key, {}), raw.settings.get(key, {}))
    shared = {kind: _named_over(base.shared[kind] if base else {}, raw.shared[kind]) for kind in SHARED[1:]}
    phrases = dict(base.phrases) if base else {}
    for name, written in raw.shared["phrases"].items():
        phrases[name] = (*phrases.get(name, ()), written)
    return Merged(head, raw.head, phrases, shared, rules, own)


def _base(raw: Raw, report: Report, seen: tuple[str, ...]) -> Merged | None:
    extends = raw.settings.get("extends")
    if extends is None:
        return None
    if extends in seen:
        report(raw.head.at("extends").fault(f"{extends} extends itself"))
        return None
    try:
        return merged(read_raw(locate(_sibling(raw, str(extends))), report), report, (*seen, extends))
    except RulebookError as error:
        if str(error).startswith(f"{extends}:"):  # it is not there; faults in it have been told with their own place
            report(raw.head.at("extends").fault(str(error)))
            return None
        raise


def extended_by(path_or_name: str | Path) -> str | Path | None:
    """The rulebook that this one extends, by path or name; None where it extends none."""
    raw = read_raw(locate(path_or_name))
    extends = raw.settings.get("extends")
    return None if extends is None else _sibling(raw, str(extends))


def _sibling(raw: Raw, name: str) -> str | Path:
    """The rulebook of that name beside this one, else the name, for wherever a rulebook is looked for."""
    file = raw.head.file
    beside = file.parent / name if isinstance(file, Path) else None
    if beside is not None and isinstance(file, Path) and beside.exists() and beside.resolve() != file.parent.resolve():
        return beside
    return name


def _disable(raw: Raw, rules: dict[str, tuple[Given, str, Spot]], report: Report) -> None:
    disabled = raw.settings.get("disabled", ())
    for rule_id in disabled if isinstance(disabled, list) else ():
        if rule_id in rules:
            del rules[rule_id]
        else:
            why = f"there is no rule {rule_id!r} to disable{like(str(rule_id), rules)}"
            report(raw.head.at("disabled").fault(why))


def laid_over(base: Any, given: Any) -> Any:
    """The one value over the other: mappings key by key to any depth, lists with '@inherited' spliced in."""
    if isinstance(base, dict) and isinstance(given, dict):
        return {**base, **{key: laid_over(base.get(key), value) for key, value in given.items()}}
    return _spliced_in(base, given)


def _spliced_in(base: Any, given: Any) -> Any:
    if not isinstance(given, list) or INHERITED not in given:
        return given
    before = base if isinstance(base, list) else [] if base is None else [base]
    return [one for item in given for one in (before if item == INHERITED else [item])]


def _keys_over(base: Given, given: Given) -> Given:
    return {**base, **{key: _spliced_in(base.get(key), value) for key, value in given.items()}}


def _rule_over(base: Given, given: Given) -> Given:
    """The base entry with the keys given; options of the same operator are replaced one by one."""
    over = _keys_over(base, given)
    if isinstance(given.get("title"), dict):
        over["title"] = laid_over(base.get("title"), given["title"])
    old, new = base.get("check"), given.get("check")
    if (
        isinstance(old, dict)
        and isinstance(new, dict)
        and new.get("operator", old.get("operator")) == old.get("operator")
    ):
        over["check"] = _keys_over(old, new)
    return over


def _named_over(base: Named, own: Named) -> Named:
    over = dict(base)
    for name, (given, spot) in own.items():
        over[name] = (laid_over(base[name][0], given) if name in base else given, spot)
    return over


# ── phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────
def phrase_sets(merged: Merged, report: Report) -> dict[str, list[str]]:
    """Every named set with the names in it replaced by what they stand for."""
    done: dict[tuple[str, int], list[str]] = {}

    def resolve(name: str, version: int, within: tuple[tuple[str, int], ...]) -> list[str]:
        given, spot = merged.phrases[name][version]
        if (name, version) in within:
            report(spot.fault(f"@{name} stands for itself"))
            return []
        if (name, version) not in done:
            listed = [given] if isinstance(given, str) else given
            if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
                report(spot.fault(f"wanted a list of phrases, got {kind_of(given)}"))
                return []
            found = [
                phrase
                for index, item in enumerate(listed)
                for phrase in (_named(item, name, version, within, spot.at(index)) if item.startswith("@") else [item])
            ]
            if found or not listed:  # of names that stand for nothing enough has been said
                valid(Phrases, found, spot, report)
            done[name, version] = found
        return done[name, version]

    def _named(item: str, name: str, version: int, within: tuple[tuple[str, int], ...], spot: Spot) -> list[str]:
        wanted = name if item == INHERITED else item[1:]
        if wanted == name and version > 0:
            return resolve(name, version - 1, (*within, (name, version)))
        if wanted not in merged.phrases:
            report(spot.fault(unknown(wanted, merged.phrases)))
            return []
        return resolve(wanted, len(merged.phrases[wanted]) - 1, (*within, (name, version)))

    return {name: resolve(name, len(versions) - 1, ()) for name, versions in merged.phrases.items()}


def unknown(name: str, phrases: Mapping[str, Any]) -> str:
    """What is said of a set of phrases that there is not."""
    return f"no phrases are named @{name}{like(name, phrases)}"


def spliced(given: Any, phrases: Mapping[str, list[str]], spot: Spot, report: Report) -> Any:
    """The data with every '@name' replaced by its phrases, in lists and on its own."""
    if isinstance(given, dict):
        return {key: spliced(value, phrases, spot.at(key), report) for key, value in given.items()}
    if isinstance(given, str) and given.startswith("@"):
        return _set(given, phrases, spot, report)
    if not isinstance(given, list):
        return given
    out: list[Any] = []
    for index, item in enumerate(given):
        if isinstance(item, str) and item.startswith("@"):
            out += _set(item, phrases, spot.at(index), report)
        else:
            out.append(spliced(item, phrases, spot.at(index), report))
    return out


def _set(item: str, phrases: Mapping[str, list[str]], spot: Spot, report: Report) -> list[str]:
    if item == INHERITED:
        report(spot.fault("there is nothing to inherit here: no rulebook that this one extends has this list"))
    elif item[1:] not in phrases:
        report(spot.fault(unknown(item[1:], phrases)))
    return list(phrases.get(item[1:], ()))
