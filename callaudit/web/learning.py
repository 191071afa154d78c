"""What pages and API share about learning from judgements: the rulebook as written, and how a rule is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import yaml

from callaudit.authoring.explain import Part, explain
from callaudit.desk.books import books_of
from callaudit.errors import RulebookError
from callaudit.rules.rule import Rule
from callaudit.rules.rulebook import SPLICED, Written
from callaudit.web.desk import Desk
from callaudit.web.words import words


def written_of(desk: Desk) -> tuple[Written | None, str]:
    """The rulebook as written, or why it cannot be read."""
    try:
        return books_of(desk.config.judge.rulebook).written(), ""
    except RulebookError as error:
        return None, str(error)


def rules_of(written: Written | None) -> Mapping[str, Rule]:
    """Its rules by id."""
    return {rule.id: rule for rule in written.book.rules} if written is not None else {}


@dataclass(frozen=True, slots=True)
class Text:
    """A rule as the rulebook has it: in plain words where there are some in that language, else as it is written."""

    parts: tuple[Part, ...]
    written: str


TOLD = ("规则", "依据")
"""Parts that pages tell by themselves."""


def text_of(written: Written, rule: str, language: str) -> Text:
    """The text of a rule."""
    parts: tuple[Part, ...] = ()
    if language == "zh":
        parts = tuple(part for part in explain(written, rule, _named(written, language)) if part.title not in TOLD)
    entry = {key: written.entries[rule][key] for key in SPLICED if key in written.entries[rule]}
    return Text(parts, yaml.safe_dump(entry, allow_unicode=True, sort_keys=False, width=100))


def _named(written: Written, language: str) -> Callable[[str], str]:
    """What options, situations and values are called; phrases and what has no words stay as they are."""
    own, situations = words(language), written.book.situations

    def named(word: str) -> str:
        value = word.removeprefix("value.")
        if value != word and value in situations:
            return situations[value].title or value
        kind = "" if word.startswith(("value.", "check.")) else "field."
        return own.get(f"rule.{kind}{word}", word)

    return named


def knob_name(language: str, knob: str) -> str:
    """What a value of a rule is called: its options from the outside in, the first of several as 1.

    Parameters
    ----------
    knob : the id of it (`callaudit.desk.knobs.Knob`)
    """
    own = words(language)
    parts = (str(int(one) + 1) if one.isdigit() else own.get(f"rule.field.{one}", one) for one in knob.split("."))
    return " › ".join(parts)
