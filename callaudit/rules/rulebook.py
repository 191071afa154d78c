"""Reading a rulebook: YAML into frozen values, with every fault named by file, line and field."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

import callaudit.rules.operators  # noqa: F401  # registers every operator; a missing one must stop the program here
from callaudit.errors import RulebookError
from callaudit.messages import Language
from callaudit.records import Severity, Source
from callaudit.rules.asking import Ask
from callaudit.rules.base import OPERATORS, AppliesTo, Settings, options
from callaudit.rules.conditions import Condition
from callaudit.rules.cues import Cue, Cues, Phrases
from callaudit.rules.operators.summary import Summary
from callaudit.rules.rule import Check, Raise, Rule, Rulebook, Title
from callaudit.rules.sources import Raw, Spot, kind_of, locate, read_raw

Given = dict[str, Any]


@options
class Quote:
    """The sentence of a document that a rule rests on."""

    anchor: str
    quote: str


@options
class Entry:
    """A rule as written, its checks still raw."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Title
    applies_to: AppliesTo = "both"
    severity: Severity
    check: Any
    sources: Annotated[tuple[Quote, ...], Field(min_length=1)]
    chapter: str | None = None
    sector: tuple[str, ...] = ()
    points: Annotated[float, Field(ge=0)] | None = None
    fatal: bool = False
    outranked_by: tuple[str, ...] = ()
    raised: Raise | None = None
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    excuse: tuple[Condition, ...] = ()
    note: str | None = None
    ask: Ask | None = None
    passes: tuple[Any, ...] = ()
    fails: tuple[Any, ...] = ()
    not_applicable: tuple[Any, ...] = ()
    not_assessable: tuple[Any, ...] = ()


@options
class Head:
    """rulebook.yaml: what holds for the whole rulebook; `extends` names the one whose rules it begins with."""

    name: str
    version: str
    title: str
    chapters: Mapping[str, str]
    settings: Settings
    language: Language = "zh"
    extends: str | None = None
    disabled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Merged:
    """A rulebook with what it extends."""

    head: Given
    spot: Spot
    phrases: dict[str, tuple[Any, Spot]]
    situations: dict[str, tuple[Any, Spot]]
    rules: dict[str, tuple[Given, str, Spot]]


def load_rulebook(path_or_name: str | Path) -> Rulebook:
    """The rulebook of that file, folder or built-in name.

    Raises
    ------
    RulebookError
        Something in it is wrong; the message names file, line, field, what was wanted and what was got.
    """
    merged = _merged(read_raw(locate(path_or_name)))
    head: Head = _valid(Head, {"chapters": {}, "settings": {}, **merged.head}, merged.spot)
    phrases = _phrases(merged)
    situations = {
        name: _valid(Cue, _spliced(given, phrases, spot), spot) for name, (given, spot) in merged.situations.items()
    }
    resolved = {
        rule_id: (_spliced_rule(given, phrases, spot), chapter, spot)
        for rule_id, (given, chapter, spot) in merged.rules.items()
    }
    rules = tuple(_rule(given, chapter, spot) for given, chapter, spot in resolved.values())
    order = {chapter: index for index, chapter in enumerate(head.chapters)}
    rules = tuple(sorted(rules, key=lambda rule: order.get(rule.chapter, len(order))))
    _cross_check(rules, head, situations, {rule_id: spot for rule_id, (_, _, spot) in resolved.items()}, merged)
    digest = _digest(
        merged.head,
        {name: given for name, (given, _) in merged.situations.items()},
        phrases,
        [r[0] for r in resolved.values()],
    )
    return Rulebook(
        head.name, head.version, head.title, head.language, head.chapters, head.settings, rules, situations, digest
    )


# ── merging ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _merged(raw: Raw, seen: tuple[str, ...] = ()) -> _Merged:
    base = None
    extends = raw.settings.get("extends")
    if extends is not None:
        if extends in seen:
            raise raw.head.at("extends").error(f"{extends} extends itself")
        base = _merged(read_raw(_sibling(raw, str(extends))), (*seen, extends))
    rules: dict[str, tuple[Given, str, Spot]] = dict(base.rules) if base else {}
    own: set[str] = set()
    for given, chapter, spot in raw.rules:
        rule_id = given.get("id")
        if not isinstance(rule_id, str):
            raise spot.at("id").error(f"every rule needs an id of small letters, digits and -, got {rule_id!r}")
        if rule_id in own:
            raise spot.at("id").error(f"two rules have the id {rule_id}")
        own.add(rule_id)
        if rule_id in rules:
            rules[rule_id] = (_overridden(rules[rule_id][0], given), chapter or rules[rule_id][1], spot)
        else:
            rules[rule_id] = (given, chapter, spot)
    disabled = raw.settings.get("disabled", ())
    for rule_id in disabled if isinstance(disabled, list) else ():
        if rule_id not in rules:
            raise raw.head.at("disabled").error(f"there is no rule {rule_id!r} to disable{_like(str(rule_id), rules)}")
        del rules[rule_id]
    head = {**(base.head if base else {}), **raw.settings}
    if base:
        head["chapters"] = {**base.head.get("chapters", {}), **raw.settings.get("chapters", {})}
        head["settings"] = {**base.head.get("settings", {}), **raw.settings.get("settings", {})}
    return _Merged(
        head, raw.head, {**(base.phrases if base else {}), **raw.phrases},
        {**(base.situations if base else {}), **raw.situations}, rules,
    )  # fmt: skip


def _sibling(raw: Raw, name: str) -> Any:
    file = raw.head.file
    if (
        isinstance(file, Path)
        and (file.parent / name).exists()
        and (file.parent / name).resolve() != file.parent.resolve()
    ):
        return file.parent / name
    try:
        return locate(name)
    except RulebookError as error:
        raise raw.head.at("extends").error(str(error)) from error


def _overridden(base: Given, given: Given) -> Given:
    """The base entry with the keys given; options of the same operator are replaced one by one."""
    merged = {**base, **given}
    old, new = base.get("check"), given.get("check")
    if (
        isinstance(old, dict)
        and isinstance(new, dict)
        and new.get("operator", old.get("operator")) == old.get("operator")
    ):
        merged["check"] = {**old, **new}
    return merged


# ── phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _phrases(merged: _Merged) -> dict[str, list[str]]:
    """Every named list with the names in it replaced by what they stand for."""
    done: dict[str, list[str]] = {}

    def resolve(name: str, within: tuple[str, ...]) -> list[str]:
        given, spot = merged.phrases[name]
        if name in within:
            raise spot.error(f"@{name} stands for itself")
        if name not in done:
            listed = [given] if isinstance(given, str) else given
            if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
                raise spot.error(f"wanted a list of phrases, got {kind_of(given)}")
            found: list[str] = []
            for item in listed:
                found += (
                    resolve(_known(item[1:], merged.phrases, spot), (*within, name)) if item.startswith("@") else [item]
                )
            _valid(Phrases, found, spot)
            done[name] = found
        return done[name]

    for name in merged.phrases:
        resolve(name, ())
    return done


def _known(name: str, phrases: Mapping[str, Any], spot: Spot) -> str:
    if name not in phrases:
        raise spot.error(f"no phrases are named @{name}{_like(name, phrases)}")
    return name


def _spliced(given: Any, phrases: Mapping[str, list[str]], spot: Spot) -> Any:
    """The data with every '@name' replaced by its phrases, in lists and on its own."""
    if isinstance(given, dict):
        return {key: _spliced(value, phrases, spot.at(key)) for key, value in given.items()}
    if isinstance(given, list):
        out: list[Any] = []
        for index, item in enumerate(given):
            if isinstance(item, str) and item.startswith("@"):
                out += phrases[_known(item[1:], phrases, spot.at(index))]
            else:
                out.append(_spliced(item, phrases, spot.at(index)))
        return out
    if isinstance(given, str) and given.startswith("@"):
        return list(phrases[_known(given[1:], phrases, spot)])
    return given


_SPLICED = ("check", "when", "unless", "excuse", "raised")


def _spliced_rule(given: Given, phrases: Mapping[str, list[str]], spot: Spot) -> Given:
    return {key: _spliced(value, phrases, spot.at(key)) if key in _SPLICED else value for key, value in given.items()}


# ── validating ───────────────────────────────────────────────────────────────────────────────────────────────────
_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _valid(kind: Any, given: Any, spot: Spot) -> Any:
    """The data as a value of the kind; the first fault as a RulebookError."""
    try:
        return _adapter(kind).validate_python(given)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        fault = next(
            (fault for fault in faults if fault["type"] in _UNKNOWN), faults[0]
        )  # a typo explains what is missing
        keys = tuple(key for key in fault["loc"] if not (isinstance(key, str) and key in ("names", "inline")))
        raise spot.at(*keys).error(_said(fault, kind)) from error


def _said(fault: Any, kind: Any) -> str:
    got = fault.get("input")
    shown = "" if isinstance(got, dict | list | tuple) or fault["type"] == "missing" else f", got {got!r}"
    if fault["type"] in _UNKNOWN:
        names = [own.name.rstrip("_") for own in fields(kind)] if is_dataclass(kind) and len(fault["loc"]) == 1 else []
        known = f"; wanted one of {', '.join(names)}" if names else ""
        return f"there is no such option{_like(str(fault['loc'][-1]), names) or known}"
    message = {"missing": "is missing", "missing_argument": "is missing", "too_short": "must not be empty"}.get(
        fault["type"]
    )
    message = message or fault["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return message if repr(got) in message else message + shown


def _rule(given: Given, chapter: str, spot: Spot) -> Rule:
    entry: Entry = _valid(Entry, given, spot)
    checks = entry.check if isinstance(entry.check, list) else [entry.check]
    if not checks:
        raise spot.at("check").error("must not be empty")
    own = {
        own.name: getattr(entry, own.name) for own in fields(Entry) if own.name not in ("check", "sources", "chapter")
    }
    return Rule(
        **own,
        chapter=entry.chapter or chapter or "other",
        sources=tuple(Source(source.anchor, source.quote) for source in entry.sources),
        checks=tuple(
            _check(c, spot.at("check", *((k,) if isinstance(entry.check, list) else ()))) for k, c in enumerate(checks)
        ),
    )


def _check(given: Any, spot: Spot) -> Check:
    if not isinstance(given, dict):
        raise spot.error(f"wanted a mapping with operator and its options, got {kind_of(given)}")
    name = given.get("operator")
    if name not in OPERATORS:
        known = "" if not isinstance(name, str) else _like(name, OPERATORS)
        raise spot.at("operator").error(
            f"no operator is named {name!r}{known or '; wanted one of ' + ', '.join(sorted(OPERATORS))}"
        )
    asked = {key: value for key, value in given.items() if key not in ("operator", "when")}
    when = _valid(tuple[Condition, ...], given.get("when", ()), spot.at("when"))
    return Check(name, _valid(OPERATORS[name].options, asked, spot), when)


def _cross_check(
    rules: tuple[Rule, ...], head: Head, situations: Mapping[str, Cue], spots: Mapping[str, Spot], merged: _Merged
) -> None:
    """References between rules, situations and chapters."""
    ids = {rule.id for rule in rules}
    for rule in rules:
        spot = spots[rule.id]
        for cues, keys in _references(rule):
            for name in cues.names:
                if name not in situations:
                    raise spot.at(*keys).error(f"no situation is named {name!r}{_like(name, situations)}")
        named = [(check.options.rules, "check") for check in rule.checks if isinstance(check.options, Summary)]
        for others, field in (*named, (rule.outranked_by, "outranked_by")):
            for other in others:
                if other not in ids:
                    raise spot.at(field).error(f"there is no rule {other!r}{_like(other, ids)}")
        if head.chapters and rule.chapter not in head.chapters and rule.chapter != "other":
            raise spot.at("chapter").error(
                f"no chapter of rulebook.yaml is named {rule.chapter!r}{_like(rule.chapter, head.chapters)}"
            )
    if not rules:
        raise merged.spot.error("the rulebook has no rules")


def _references(rule: Rule) -> Iterator[tuple[Cues, tuple[str | int, ...]]]:
    """Every reference of a rule to situations, with the field it stands in."""
    for index, check in enumerate(rule.checks):
        spot = ("check", index) if len(rule.checks) > 1 else ("check",)
        yield from _cues(check.options, spot)
        yield from _cues(check.when, (*spot, "when"))
    for name in ("when", "unless", "excuse"):
        for index, condition in enumerate(getattr(rule, name)):
            yield from _cues(condition, (name, index))
    yield from _cues(rule.raised, ("raised",))


def _cues(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[Cues, tuple[str | int, ...]]]:
    """Every reference to situations in a value, with the field it stands in."""
    if isinstance(value, Cues):
        yield value, keys
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _cues(item, keys)
    elif is_dataclass(value) and not isinstance(value, type):
        for own in fields(value):
            yield from _cues(getattr(value, own.name), (*keys, own.name))


def _like(name: str, known: Any) -> str:
    close = get_close_matches(name, [str(item) for item in known], n=1)
    return f"; did you mean {close[0]}?" if close else ""


_UNJUDGED = ("note", "passes", "fails", "not_applicable", "not_assessable")


def _digest(*content: Any) -> str:
    """sha256 of what can change a judgement or its report: not of notes and examples."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): kept(item) for key, item in value.items() if key not in _UNJUDGED}
        return [kept(item) for item in value] if isinstance(value, list | tuple) else value

    text = json.dumps(kept(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
