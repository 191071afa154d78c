"""A rule in plain words: what it asks, why, with which numbers from where, by which words, with its examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from callaudit.authoring import wording
from callaudit.authoring.examples import KINDS
from callaudit.rules.base import Limit
from callaudit.rules.cues import Cue
from callaudit.rules.references import situations_of
from callaudit.rules.rule import Check, Rule
from callaudit.rules.rulebook import Written

Named = Callable[[str], str]
"""What a word of the rulebook's language is called: an option, a situation, a value of few."""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and the lines below it, each a label (may be empty) and a text."""

    title: str
    lines: tuple[tuple[str, str], ...]


def explain(written: Written, rule_id: str, named: Named = str) -> tuple[Part, ...]:
    """The rule of that id, in parts; those with nothing to say are left out.

    Parameters
    ----------
    named : for readers who write no rules; without it the words are those of the file

    Raises
    ------
    ValueError
        The rulebook has no such rule.
    """
    rule = written.book.rule(rule_id)
    entry = written.entries[rule_id]
    parts = (
        Part("规则", tuple(_what(rule, written))),
        Part("依据", tuple((source.anchor, f"「{source.quote}」") for source in rule.sources)),
        *(Part(*_check(check, one, named)) for check, one in zip(rule.checks, _checks(entry), strict=True)),
        Part("条件", tuple(_conditions(entry, named))),
        Part("情形", tuple(_situations(rule, written, named))),
        Part("短语集", tuple(_sets(entry, written))),
        Part("向语言模型提问", ((("", rule.ask.question),) if rule.ask else ())),
        *_examples(rule),
        Part("说明", ((("", rule.note),) if rule.note else ())),
    )
    return tuple(part for part in parts if part.lines)


def _what(rule: Rule, written: Written) -> Iterator[tuple[str, str]]:
    book = written.book
    spot = written.rules[rule.id]
    price = rule.points or getattr(book.settings.points, rule.severity)
    cost = f"每次 {price.each:g} 分" + (f"，最多 {price.cap:g} 分" if price.cap > price.each else "，只扣一次")
    sections = [
        f"{sheet.title}·{section.title}"
        for sheet in book.sheets.values()
        for section in sheet.sections
        if rule.id in section.rules
    ]
    yield "名称", f"{rule.title.zh} · {rule.title.en}"
    yield "编号", rule.id
    yield "章节", book.chapters.get(rule.chapter, rule.chapter)
    yield "适用", wording.APPLIES[rule.applies_to] + (f"，行业：{'、'.join(rule.sector)}" if rule.sector else "")
    yield "轻重", f"{wording.SEVERITIES[rule.severity]}，{cost}" + ("，一票否决" if rule.fatal else "")
    if sections:
        yield "评分表", "；".join(sections)
    if rule.outranked_by:
        yield "让位于", "、".join(rule.outranked_by)
    yield "出处", f"{getattr(spot.file, 'name', spot.file)}:{spot.fault('').line}"


def _checks(entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    given = entry["check"]
    return given if isinstance(given, list) else [given]


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _check(check: Check, written: Mapping[str, Any], named: Named) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The options as the file has them, and the numbers that hold by default."""
    lines = []
    for own in fields(check.options):
        name = own.name.rstrip("_")
        value = getattr(check.options, own.name)
        if isinstance(value, Limit):
            default = "" if name in written else "，默认"
            lines.append((named(name), f"{value.value:g}（{wording.ORIGINS[value.origin]}{default}）"))
        elif name in written:
            lines.append((named(name), told(written[name], named)))
    if written.get("when"):
        lines.append((named("when"), told(written["when"], named)))
    return f"检查：{named(f'check.{check.operator}').removeprefix('check.')}", tuple(lines)


def told(value: Any, named: Named = str) -> str:
    """Data of a rulebook on one line."""
    if isinstance(value, Mapping):
        if "value" in value and set(value) <= {"value", "from"}:
            return f"{value['value']}（{wording.ORIGINS[value.get('from', 'proposed')]}）"
        return "，".join(f"{named(key)}：{told(item, named)}" for key, item in value.items())
    if isinstance(value, list):
        nested = any(isinstance(item, list | Mapping) for item in value)
        return ("；" if nested else "、").join(told(item, named) for item in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    return named(f"value.{value}").removeprefix("value.") if isinstance(value, str) else str(value)


def _conditions(entry: Mapping[str, Any], named: Named) -> Iterator[tuple[str, str]]:
    for key, name in wording.CONDITIONS.items():
        if entry.get(key):
            yield name, told(entry[key], named)


# ── what it names ────────────────────────────────────────────────────────────────────────────────────────────────
def _situations(rule: Rule, written: Written, named: Named) -> Iterator[tuple[str, str]]:
    names = dict.fromkeys(name for cues, _ in situations_of(rule) for name in cues.names)
    for name in names:
        cue = written.book.situations[name]
        yield named(f"value.{name}").removeprefix("value."), "；".join(_cue(cue, named))


def _cue(cue: Cue, named: Named) -> Iterator[str]:
    yield f"{cue.title or '—'}（{wording.SPEAKERS.get(cue.who, '任一方')}）"
    if cue.words:
        yield "、".join(cue.words)
    if cue.means:
        yield f"按意思：{'、'.join(meaning.title or '' for meaning in cue.means)}"
    if cue.exempt:
        yield f"除外：{'、'.join(cue.exempt)}"
    others = [own.name for own in fields(Cue) if own.name not in ("title", "who", "words", "means", "exempt", "least")]
    for name in others:
        value = getattr(cue, name)
        if value not in (None, (), "any") and not is_dataclass(value):
            yield f"{named(name)}：{told(list(value) if isinstance(value, tuple) else value, named)}"


def _sets(entry: Mapping[str, Any], written: Written) -> Iterator[tuple[str, str]]:
    """The sets that the rule names, with what they hold."""
    for name in dict.fromkeys(_named({key: value for key, value in entry.items() if key not in (*KINDS, "note")})):
        held = written.phrases[name]
        yield f"@{name}", f"{'、'.join(held)}（{len(held)} 条）"


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _named(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)
    elif isinstance(value, str) and value.startswith("@"):
        yield value[1:]


# ── examples ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _examples(rule: Rule) -> Iterator[Part]:
    for kind in KINDS:
        scripts = getattr(rule, kind)
        lines = [line for number, script in enumerate(scripts, 1) for line in _dialogue(number, script)]
        yield Part(f"{wording.KINDS[kind]}（{len(scripts)}）", tuple(lines))


def _dialogue(number: int, script: Any) -> Iterator[tuple[str, str]]:
    """A call script as people read a dialogue; what is not the default stands in brackets."""
    full: Mapping[str, Any] = script if isinstance(script, Mapping) else {"turns": script}
    setting = {key: value for key, value in full.items() if key != "turns"}
    label = f"{number}."
    if setting:
        yield label, f"（{told(setting)}）"
        label = ""
    for line in full.get("turns", ()):
        yield label, _line(line)
        label = ""


def _line(line: Mapping[str, Any]) -> str:
    who = next((who for who in wording.SPEAKERS if who in line), None)
    if who is None:
        return f"（{told(line)}）"
    more = {key: value for key, value in line.items() if key != who}
    return f"{wording.SPEAKERS[who]}：{line[who]}" + (f"（{told(more)}）" if more else "")
