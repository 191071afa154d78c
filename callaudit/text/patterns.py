"""Phrases as patterns of syllables: slots, optional parts, alternatives and gaps.

Syntax of a phrase::

    请稍等            words, punctuation ignored
    请[您]稍等         optional part
    (小姐|先生)您好     alternatives
    工号{agent_id}     slot: anything of its kind (see SLOTS)
    {agent_name!}     slot that must be known: where it is not, the phrase is never found
    因为…所以          up to twelve characters of any kind in between
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

from callaudit.text.listen import say
from callaudit.text.variants import Parts, Phrase, Slot, spell, spell_each

MOST_VARIANTS = 256
GAP_LENGTH = 12

_GAP = Slot(0, GAP_LENGTH, "any")
_NAME = Slot(1, 4, "named")
SLOTS: dict[str, Slot] = {
    "agent_id": Slot(2, 8, "number"), "number": Slot(1, 24, "number"), "card_tail": Slot(3, 5, "number"),
    "hours": Slot(1, 4, "number"), "amount": Slot(1, 12, "number"), "surname": Slot(1, 2, "surname"),
    "family_name": Slot(1, 2, "surname"),
    "title": Slot(1, 4, "named"), "name": _NAME, "customer_name": _NAME, "agent_name": _NAME,
    "holiday": Slot(2, 6, "named"), "date": Slot(1, 10, "named"), "company": Slot(1, 12, "named"),
    "department": Slot(1, 8, "named"), "target": Slot(1, 10, "named"), "reason": Slot(1, 16, "any"),
    "item": Slot(1, 12, "named"), "item2": Slot(1, 12, "named"), "topic": Slot(1, 12, "any"),
    "other": Slot(1, 12, "any"),
}  # fmt: skip
"""What each slot may hold where the caller binds no value to it."""

_SAID = re.compile(r"[^\W_]")
_TOKEN = re.compile(r"\{(\w+!?)\}|(…|\.{3})|([\[\]()|])|([^\[\](){}|…]+)")
_KINDS = ("", "slot", "gap", "mark", "text")


Branch = tuple["str | Slot | Choice", ...]
Branches = tuple[Branch, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Alternatives within a phrase; an optional part has an empty one first.

    Phrases share theirs (`_choice`), so that what is asked of a choice is worked out once for all that have it.
    """

    branches: Branches
    n_readings: int


@lru_cache(maxsize=16384)
def _choice(branches: Branches) -> Choice:
    return Choice(branches, sum(map(_n_readings, branches)))


def compile(phrase: str, *, values: Mapping[str, str] | None = None, polite: bool = False) -> Phrase:
    """The phrase ready to be found; compiled once per text and bound values.

    Parameters
    ----------
    phrase : text in the syntax of this module
    values : what known slots hold, by slot name; aliases parted by "|". Such a slot is matched by sound.
    polite : tell 您 from 你

    Raises
    ------
    ValueError
        Unknown slot, brackets that do not match, nothing to say, or more than 256 variants.

    Examples
    --------
    >>> [variant.chars for variant in compile("请[您]稍(等|候)").variants]
    ['请稍等', '请稍候', '请您稍等', '请您稍候']
    """
    return _compile(phrase, bound(phrase, values), polite)


@lru_cache(maxsize=16384)
def check(phrase: str) -> None:
    """Raises the ValueError that `compile` would, without the work of finding readings and sounds.

    >>> check("请稍(等")
    Traceback (most recent call last):
    ...
    ValueError: phrase '请稍(等': a bracket '(' is not closed
    """
    if _wordless(parse(phrase, ())):  # called as `outline` does, so that it is parsed once
        raise ValueError(f"phrase {phrase!r}: a variant of it has no words of its own")


@lru_cache(maxsize=16384)
def _compile(phrase: str, values: tuple[tuple[str, str], ...], polite: bool) -> Phrase:
    return spell(phrase, readings(phrase, values), polite)


def compile_each(phrases: Sequence[str], *, values: Mapping[str, str] | None = None) -> list[Phrase]:
    """What `compile` makes of each phrase; in a fraction of the time where they are many."""
    return spell_each([(phrase, readings(phrase, bound(phrase, values)), False) for phrase in phrases])


@lru_cache(maxsize=16384)
def readings(phrase: str, values: tuple[tuple[str, str], ...]) -> tuple[Parts, ...]:
    """Every reading of a phrase without options, in order, each once."""
    return tuple(dict.fromkeys(_expanded(parse(phrase, values))))


@lru_cache(maxsize=16384)
def parse(phrase: str, values: tuple[tuple[str, str], ...] = ()) -> Branches:
    """The alternatives that a phrase is made of, as written; `values` are those of the slots that it has.

    Raises
    ------
    ValueError
        As in `compile`.
    """
    tokens: list[tuple[str, str]] = []
    at = 0
    for found in _TOKEN.finditer(phrase.replace("（", "(").replace("）", ")").replace("｜", "|").replace("……", "…")):
        if found.start() != at:
            raise ValueError(f"phrase {phrase!r}: cannot read it from position {at}: {phrase[at : at + 5]!r}")
        at = found.end()
        number = found.lastindex or 0
        tokens.append((_KINDS[number], found[number]))
    branches, rest = _alternatives(tokens, 0, phrase, dict(values))
    if rest != len(tokens):
        raise ValueError(f"phrase {phrase!r}: a bracket closes that was not opened")
    return branches


def bound(phrase: str, values: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    """Of the values those that the phrase has a slot for, in order."""
    if not values or "{" not in phrase:
        return ()
    return tuple(sorted((name, value) for name, value in values.items() if value and f"{{{name}" in phrase))


def _alternatives(tokens: list[tuple[str, str]], at: int, phrase: str, values: dict[str, str]) -> tuple[Branches, int]:
    """Alternatives of the tokens from `at` up to the bracket that closes, and where that is."""
    found: list[Branch] = []
    row: list[str | Slot | Choice] = []
    while at < len(tokens) and tokens[at][1] not in ("]", ")"):
        kind, text = tokens[at]
        if kind == "mark" and text == "|":
            found.append(_counted(row, phrase))
            row = []
        elif kind == "mark":
            inner, end = _alternatives(tokens, at + 1, phrase, values)
            if end >= len(tokens) or tokens[end][1] != {"[": "]", "(": ")"}[text]:
                raise ValueError(f"phrase {phrase!r}: a bracket {text!r} is not closed")
            row.append(_choice(((), *inner) if text == "[" else inner))
            at = end
        elif kind == "gap":
            row.append(_GAP)
        elif kind == "slot":
            row.append(_slot(text, phrase, values))
        else:
            row.append(text)
        at += 1
    return (*found, _counted(row, phrase)), at


def _slot(name: str, phrase: str, values: dict[str, str]) -> Slot | Choice:
    plain = name.removesuffix("!")
    if plain in values:
        return _choice(tuple((alias,) for alias in values[plain].split("|") if say(alias)))
    if plain not in SLOTS:
        raise ValueError(f"phrase {phrase!r}: unknown slot {{{plain}}}; known are {', '.join(sorted(SLOTS))}")
    return _choice(()) if plain != name else SLOTS[name]


def _counted(row: list[str | Slot | Choice], phrase: str) -> Branch:
    n_variants = _n_readings(row)
    if n_variants > MOST_VARIANTS:
        raise ValueError(f"phrase {phrase!r}: {n_variants} variants, at most {MOST_VARIANTS} are allowed")
    return tuple(row)


def _n_readings(row: Sequence[str | Slot | Choice]) -> int:
    return prod(item.n_readings for item in row if isinstance(item, Choice))


def _expanded(branches: Branches) -> Iterator[Parts]:
    """Every reading without options, in order."""
    for branch in branches:
        choices = (tuple(_expanded(item.branches)) if isinstance(item, Choice) else ((item,),) for item in branch)
        for chosen in product(*choices):
            yield tuple(part for parts in chosen for part in parts)


def _wordless(branches: Branches) -> bool:
    """Whether a reading has nothing to say."""
    return any(all(map(_silent, branch)) for branch in branches)


def _silent(item: str | Slot | Choice) -> bool:
    return _wordless(item.branches) if isinstance(item, Choice) else isinstance(item, Slot) or not _SAID.search(item)
