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
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from callaudit.text.listen import FORBIDDEN_COST, MODAL, codes, negations, say, sound_ids

MOST_VARIANTS = 256
GAP_LENGTH = 12

Kind = Literal["any", "named", "number", "surname"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of `least` to `most` syllables of a kind; "named" is anything that denies nothing."""

    least: int
    most: int
    kind: Kind


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

_PERSONS = {ord("我"): 1, ord("咱"): 1, ord("俺"): 1, ord("你"): 2, ord("他"): 3}
_QUESTION_WORDS = re.compile("吗|[请能可]否|什么|怎么|哪|谁|几|多少|好吗|是否")
_TOKEN = re.compile(r"\{(\w+!?)\}|(…|\.{3})|([\[\]()|])|([^\[\](){}|…]+)")


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One reading of a phrase without options: `steps` are indices of `chars` or slots, in order.

    `drop` is the cost of not hearing a syllable, `person` 1 to 3 for pronouns, `strict` marks negations;
    `weight` is the phrase's length in syllables, particles half; `allowed` is the cost at which a hit is worth 0.7.
    """

    chars: str
    codes: NDArray[np.int32]
    ids: NDArray[np.int16]
    steps: tuple[int | Slot, ...]
    drop: NDArray[np.float64]
    person: NDArray[np.int8]
    strict: NDArray[np.bool_]
    weight: float
    allowed: float

    @property
    def asks(self) -> bool:
        """Whether it is a question."""
        return _QUESTION_WORDS.search(self.chars) is not None


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """A phrase ready to be found; `text` is as written, `polite` says that 您 must be heard as 您 and 你 as 你."""

    text: str
    variants: tuple[Variant, ...]
    polite: bool = False


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
    used = tuple(sorted((name, value) for name, value in (values or {}).items() if value and f"{{{name}" in phrase))
    return _compile(phrase, used, polite)


def check(phrase: str) -> None:
    """Raises the ValueError that `compile` would, without the work of finding sounds.

    >>> check("请稍(等")
    Traceback (most recent call last):
    ...
    ValueError: phrase '请稍(等': a bracket '(' is not closed
    """
    for parts in _readings(phrase, {}):
        if not any(isinstance(part, str) and re.search(r"[^\W_]", part) for part in parts):
            raise ValueError(f"phrase {phrase!r}: a variant of it has no words of its own")


@lru_cache(maxsize=16384)
def _compile(phrase: str, values: tuple[tuple[str, str], ...], polite: bool) -> Phrase:
    variants = tuple(_variant(parts, phrase) for parts in _readings(phrase, dict(values)))
    return Phrase(phrase, variants, polite)


def _readings(phrase: str, values: dict[str, str]) -> tuple[Parts, ...]:
    """Every reading of a phrase without options, in order, each once."""
    tokens: list[tuple[str, str]] = []
    at = 0
    for found in _TOKEN.finditer(phrase.replace("（", "(").replace("）", ")").replace("｜", "|").replace("……", "…")):
        if found.start() != at:
            raise ValueError(f"phrase {phrase!r}: cannot read it from position {at}: {phrase[at : at + 5]!r}")
        at = found.end()
        kind = ("slot", "gap", "mark", "text")[next(i for i, group in enumerate(found.groups()) if group is not None)]
        tokens.append((kind, found[found.lastindex or 0]))
    readings, rest = _alternatives(tokens, 0, phrase, values)
    if rest != len(tokens):
        raise ValueError(f"phrase {phrase!r}: a bracket closes that was not opened")
    return tuple(dict.fromkeys(readings))


Parts = tuple[str | Slot, ...]


def _alternatives(
    tokens: list[tuple[str, str]], at: int, phrase: str, values: dict[str, str]
) -> tuple[list[Parts], int]:
    """Readings of the tokens from `at` up to the bracket that closes, and where that is."""
    found: list[Parts] = []
    row: list[list[Parts]] = []
    while at < len(tokens) and tokens[at][1] not in ("]", ")"):
        kind, text = tokens[at]
        if kind == "mark" and text == "|":
            found += _joined(row, phrase)
            row = []
        elif kind == "mark":
            inner, end = _alternatives(tokens, at + 1, phrase, values)
            if end >= len(tokens) or tokens[end][1] != {"[": "]", "(": ")"}[text]:
                raise ValueError(f"phrase {phrase!r}: a bracket {text!r} is not closed")
            row.append([(), *inner] if text == "[" else inner)
            at = end
        elif kind == "gap":
            row.append([(_GAP,)])
        elif kind == "slot":
            row.append(_slot(text, phrase, values))
        else:
            row.append([(text,)])
        at += 1
    return found + _joined(row, phrase), at


def _slot(name: str, phrase: str, values: dict[str, str]) -> list[Parts]:
    plain = name.removesuffix("!")
    if plain in values:
        return [(alias,) for alias in values[plain].split("|") if say(alias)]
    if plain not in SLOTS:
        raise ValueError(f"phrase {phrase!r}: unknown slot {{{plain}}}; known are {', '.join(sorted(SLOTS))}")
    return [] if plain != name else [(SLOTS[name],)]


def _joined(row: list[list[Parts]], phrase: str) -> list[Parts]:
    n_variants = int(np.prod([len(choices) for choices in row], dtype=np.int64))
    if n_variants > MOST_VARIANTS:
        raise ValueError(f"phrase {phrase!r}: {n_variants} variants, at most {MOST_VARIANTS} are allowed")
    return [tuple(part for choice in choices for part in choice) for choices in product(*row)]


def _variant(parts: Parts, phrase: str) -> Variant:
    steps: list[int | Slot] = []
    chars = ""
    written = ""
    for part in parts:
        if isinstance(part, Slot):
            chars += say(written)
            written = ""
            steps += range(sum(isinstance(step, int) for step in steps), len(chars))
            steps.append(part)
        else:
            written += part
    chars += say(written)
    steps += range(sum(isinstance(step, int) for step in steps), len(chars))
    if not chars:
        raise ValueError(f"phrase {phrase!r}: a variant of it has no words of its own")
    own = codes(chars)
    weight = sum(0.5 if char in MODAL else 1.0 for char in chars)
    return Variant(
        chars=chars, codes=own, ids=sound_ids(chars), steps=tuple(steps), drop=_drop_costs(chars),
        person=np.array([_PERSONS.get(int(code), 0) for code in own], dtype=np.int8), strict=negations(chars),
        weight=weight, allowed=_allowed(len(chars), weight),
    )  # fmt: skip


def _drop_costs(chars: str) -> NDArray[np.float64]:
    """Cost of each syllable when it is not heard: little for particles and polite words of a long phrase."""
    n = len(chars)
    drop = np.ones(n)
    for index, char in enumerate(chars):
        last = index == n - 1
        if char in "啊呀啦哦" and n >= 4:
            drop[index] = 0.1
        elif char in MODAL and n >= 4 and not (last and n == 4):
            drop[index] = 0.25
        elif (char in "您你" and n >= 4 and chars[index + 1 : index + 2] != "们") or (char == "请" and n >= 6):
            drop[index] = 0.4
        elif char == "还":  # 还有什么可以帮您 closes a call, 有什么可以帮您 opens it
            drop[index] = 2.5
        elif char == "吗" and last and n <= 6:
            drop[index] = FORBIDDEN_COST
    drop[negations(chars)] = FORBIDDEN_COST
    return drop


def _allowed(n_syllables: int, weight: float) -> float:
    """Cost at which a phrase is just found: an unsure homophone in two syllables, one near sound in up to four."""
    if n_syllables <= 1:
        return 0.01
    if n_syllables == 2:
        return 0.06
    if weight < 4.5:
        return 0.25 if weight <= 3 else 0.40
    return 0.45 + 0.16 * (min(weight, 12) - 4) + 0.10 * max(0.0, weight - 12)
