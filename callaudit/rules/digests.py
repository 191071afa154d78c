"""Digests of all that the outcome of a rule hangs on, so that after a change only what it touches is judged again.

As in a build: a rule whose digest is that of the judgement at hand would come out as it did, to the byte. Too much in a
digest costs time, too little would be wrong; so every field of a rule is in it but those named here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, cached_property
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from callaudit.meaning import Meaning
from callaudit.rules.aids import NO_AIDS, Aids
from callaudit.rules.base import Settings
from callaudit.rules.conditions import Condition
from callaudit.rules.cues import Cue, Cues
from callaudit.rules.operators.followed_up import FollowedUp
from callaudit.rules.operators.summary import Summary
from callaudit.rules.restating import without_loose_limits
from callaudit.rules.rule import Rule, Rulebook
from callaudit.rules.voice_readings import Sign

UNJUDGED = ("note", "passes", "traps", "fails", "not_applicable", "not_assessable")
"""Fields of a rule that no judgement reads."""

SCORED = ("points", "fatal", "outranked_by")
"""Fields of a rule that only the scoring sheet reads."""

SCORING = ("points", "pass_from", "fail_below", "sure_from", "review_over_share")
"""Settings that only the scoring sheet reads."""

PAST = "@past"
"""Beside the rules, the name of the digest of what is remembered of a call for the rules of others."""

LOOSE = "@loose"
"""Behind the id of a rule, the name of its digest for all values of its loose limits (`callaudit.rules.restating`)."""

CODE = ("__init__.py", "rules", "text", "meaning", "messages", "language_model", "records.py", "spans.py", "scoring.py",
        "turn_taking.py", "history.py", "reports/json.py", "reports/stored.py")  # fmt: skip
"""The parts of this package that make a judgement; the first holds the version."""

LIBRARIES = ("chinesecalendar", "jellyfish", "numpy", "opencc", "phonenumbers", "pypinyin", "python-stdnum", "tzdata")
"""The libraries whose data or sums a judgement may show."""


def rule_digests(rulebook: Rulebook, aids: Aids = NO_AIDS) -> dict[str, str]:
    """For each rule the sha256 of all that its finding hangs on besides the call and its history; `PAST`, and `LOOSE`.

    Rules that ask for other calls have no `LOOSE`, nor have those that sum up others: more than the call decides.
    """
    return dict(_Digests(rulebook, aids).all())


def asks_history(rule: Rule) -> bool:
    """Whether the rule may ask for other calls of the customer or the agent."""
    return any(
        isinstance(part, FollowedUp)
        or (isinstance(part, Condition) and part.promise_due is not None)
        or (isinstance(part, Sign) and (part.against == "own" or part.from_usual is not None))
        for part in _parts(_judged(rule))
    )


def sums_up(rule: Rule) -> frozenset[str]:
    """The rules that a rule sums up; none where it judges the call itself."""
    options = [check.options for check in rule.checks if isinstance(check.options, Summary)]
    return frozenset(name for own in options for name in (*own.rules, *own.if_present))


class _Digests:
    """The digests of one rulebook."""

    def __init__(self, rulebook: Rulebook, aids: Aids) -> None:
        self._book, self._aids = rulebook, aids
        settings = [_plain(getattr(rulebook.settings, own)) for own in _names(Settings, SCORING)]
        self._shared = _sha([code_digest(), rulebook.language, settings, _name(aids.encoder)])
        self._rules = {rule.id: rule for rule in rulebook.rules}
        self._order = {rule.id: place for place, rule in enumerate(rulebook.rules)}
        self._done: dict[str, str] = {}

    def all(self) -> Iterator[tuple[str, str]]:
        for rule in self._book.rules:
            yield rule.id, self._of(rule, ())
            if not asks_history(rule) and not sums_up(rule) and (alike := without_loose_limits(rule)) is not None:
                yield rule.id + LOOSE, self._sum(alike, ())
        yield PAST, self._past

    def _of(self, rule: Rule, within: tuple[str, ...]) -> str:
        if rule.id not in self._done:
            digest = self._sum(rule, within)
            if within:
                return digest  # inside a circle the digest hangs on where it was entered
            self._done[rule.id] = digest
        return self._done[rule.id]

    def _sum(self, rule: Rule, within: tuple[str, ...]) -> str:
        judged = _judged(rule)
        situations = {name: _plain(self._book.situations.get(name)) for name in sorted(_situations(judged))}
        summed = [self._summed(rule, name, (*within, rule.id)) for name in sorted(sums_up(rule))]
        return _sha([
            self._shared, _plain(judged), self._book.chapters.get(rule.chapter), situations, summed,
            _name(self._aids.reader) if rule.ask is not None else None,
            self._past if asks_history(rule) else None,
        ])  # fmt: skip

    def _summed(self, by: Rule, name: str, within: tuple[str, ...]) -> list[Any]:
        """What a summary sees of a rule: of two summaries the later one sees the earlier."""
        if name not in self._rules:
            return [name, None]
        if name in within:
            return [name, "circle"]
        other = self._rules[name]
        return [name, not sums_up(other) or self._order[name] < self._order[by.id], self._of(other, within)]

    @cached_property
    def _past(self) -> str:
        asked = [p for rule in self._book.rules for p in _parts(_judged(rule)) if isinstance(p, FollowedUp)]
        names = {name for one in asked for name in one.remembered}
        cues = [one.after for one in asked if one.promised and one.after is not None]
        names |= {name for one in cues for name in one.names}
        situations = {name: _plain(self._book.situations.get(name)) for name in sorted(names)}
        wanted = sorted({name for one in asked for name in one.remembered})
        return _sha([self._shared, wanted, _plain(tuple(cues)), situations])


def _judged(rule: Rule) -> tuple[Any, ...]:
    """The fields of a rule that its finding can hang on."""
    return tuple(getattr(rule, own) for own in _names(Rule, (*UNJUDGED, *SCORED)))


def _names(kind: type, without: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(own.name for own in fields(kind) if own.name not in without)


def _situations(value: Any) -> set[str]:
    """The names of situations in a value, those looked for in other calls among them."""
    parts = list(_parts(value))
    asked = {name for part in parts if isinstance(part, Cues) for name in part.names}
    return asked | {name for part in parts if isinstance(part, FollowedUp) for name in part.remembered}


def _parts(value: Any) -> Iterator[Any]:
    """Every value with fields that a value holds, itself among them; not those of a meaning, which are sentences."""
    if value is None or isinstance(value, str | int | float):
        return
    if isinstance(value, tuple | list):
        for item in value:
            yield from _parts(item)
    elif isinstance(value, Mapping):
        yield from _parts(tuple(value.values()))
    elif is_dataclass(value) and not isinstance(value, Meaning):
        yield value
        for own in fields(value):
            yield from _parts(getattr(value, own.name))


def _plain(value: Any) -> Any:
    """The value as lists and text of which the digest is made; what cannot be told apart there is refused."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Cue | Meaning):
        return _whole(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return ["any of", *sorted(value)]
    if isinstance(value, Mapping):  # the order may decide what a message names
        return ["mapping", *([key, _plain(item)] for key, item in value.items())]
    if is_dataclass(value):
        return [type(value).__name__, *([own.name, _plain(getattr(value, own.name))] for own in fields(value))]
    raise TypeError(f"a rule holds a {type(value).__name__}, of which no digest can be made")


@cache
def _whole(value: Cue | Meaning) -> str:
    """Digest of a value that many rules hold."""
    return _sha([type(value).__name__, *([own.name, _plain(getattr(value, own.name))] for own in fields(value))])


def _sha(content: Any) -> str:
    return hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()


def _name(aid: Any) -> str | None:
    return None if aid is None else aid.name


@cache
def code_digest() -> str:
    """Digest of the code and the libraries that judge: another version judges everything again."""
    package, found = files("callaudit"), hashlib.sha256()
    for name in CODE:
        for path, source in _sources(package.joinpath(name), name):
            found.update(f"{path}\0".encode() + source.read_bytes() + b"\0")
    for library in LIBRARIES:
        found.update(f"{library} {version(library)}\0".encode())
    return found.hexdigest()


def _sources(at: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    if at.is_dir():
        for inner in sorted(at.iterdir(), key=lambda one: one.name):
            if inner.name != "__pycache__":
                yield from _sources(inner, f"{path}/{inner.name}")
    elif not at.name.endswith(".pyc"):
        yield path, at
