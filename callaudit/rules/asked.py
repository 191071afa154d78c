"""Every phrase that the rules of a rulebook may listen for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from callaudit.rules.cues import Cue, Phrase
from callaudit.rules.references import situations_of
from callaudit.rules.rule import Rule, Rulebook

_KEPT: dict[tuple[str, frozenset[str] | None], tuple[str, ...]] = {}
_BOOKS = 8


def phrases_of(rulebook: Rulebook, only: frozenset[str] | None = None) -> tuple[str, ...]:
    """The phrases of its rules and situations, each once, in the order in which they are written.

    With `only`, those of the rules with these ids and of the situations that they name.
    """
    key = (rulebook.sha256, only)
    if key not in _KEPT:
        while len(_KEPT) >= _BOOKS:
            del _KEPT[next(iter(_KEPT))]
        rules = tuple(rule for rule in rulebook.rules if only is None or rule.id in only)
        parts = (rules, _situations(rulebook, rules) if only is not None else tuple(rulebook.situations.values()))
        _KEPT[key] = tuple(dict.fromkeys(phrase for part in parts for phrase in _phrases(part)))
    return _KEPT[key]


def _situations(rulebook: Rulebook, rules: tuple[Rule, ...]) -> tuple[Cue, ...]:
    named = dict.fromkeys(name for rule in rules for cues, _ in situations_of(rule) for name in cues.names)
    return tuple(rulebook.situations[name] for name in named)


def _phrases(value: Any, worded: bool = False) -> Iterator[str]:
    """The phrases in a value; a string is one where the field that holds it is of phrases."""
    if isinstance(value, str):
        if worded:
            yield value
    elif isinstance(value, Mapping):
        yield from _phrases(tuple(value.values()), worded)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _phrases(item, worded)
    elif is_dataclass(value) and not isinstance(value, type):
        for own in fields(value):
            yield from _phrases(getattr(value, own.name), own.name in _worded(type(value)))


@cache
def _worded(kind: type) -> frozenset[str]:
    """The fields of options that hold phrases."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if _of_phrases(hint))


def _of_phrases(hint: Any) -> bool:
    return hint == Phrase or any(_of_phrases(inner) for inner in get_args(hint))
