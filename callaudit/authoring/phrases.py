"""Phrases that do nothing: covered by another, hidden by an exemption, never heard, or too short to be misheard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Any, Final, get_args, get_type_hints

from callaudit.messages import Language
from callaudit.rules.cues import Phrase
from callaudit.rules.facts import EARS
from callaudit.rules.hearing import SAY_LEAST
from callaudit.spans import Span
from callaudit.testing.scripts import spread

MOST_WORDINGS: Final = 64
SHORT_SYLLABLES: Final = 2
"""Phrases of so few syllables are heard by their characters alone, or almost (`callaudit.text.phrases`)."""

EXACT: Final = 0.999
EXEMPTIONS: Final = ("exempt", "excused_by", "waived", "not_with")
"""Options whose phrases take something back; of these the longer one does more, whatever the shorter one finds."""

_GROUP = re.compile(r"\[([^()\[\]]*)\]|\(([^()\[\]]*)\)")
_SPOKEN = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of phrases among the options of a rule or a situation, and the way to it, the option's name last.

    `hiders` are the exemptions beside it; `anchored`: a phrase counts only at some place of a turn, or alone there;
    `most_chars` bounds the turn; `who` must say it, and with what score at least.
    """

    way: tuple[str | int, ...]
    phrases: tuple[str, ...]
    hiders: tuple[str, ...] = ()
    anchored: bool = False
    most_chars: int | None = None
    who: str = "agent"
    least: float = SAY_LEAST

    @property
    def exempts(self) -> bool:
        """Whether its phrases take something back."""
        return any(key in EXEMPTIONS for key in self.way)


def listed(
    value: Any, way: tuple[str | int, ...] = (), *, who: str = "agent", least: float = SAY_LEAST
) -> Iterator[Listed]:
    """Every list of phrases in options, however deep; `who` and `least` hold where the options say nothing of it."""
    if isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from listed(item, (*way, index), who=who, least=least)
    elif is_dataclass(value) and not isinstance(value, type):
        who, least = getattr(value, "who", who), getattr(value, "least", None) or least
        names = phrase_fields(type(value))
        for own in fields(value):
            inner = getattr(value, own.name)
            if own.name in names:
                yield from _lists(
                    value, inner or (), (*way, own.name), who, least if isinstance(least, float) else SAY_LEAST
                )
            else:
                yield from listed(inner, (*way, own.name), who=who, least=least)


def _lists(value: Any, given: tuple[Any, ...], way: tuple[str | int, ...], who: str, least: float) -> Iterator[Listed]:
    """The list of an option, or each of its lists."""
    name = way[-1]
    nested = bool(given) and isinstance(given[0], tuple)
    for index, group in enumerate(given if nested else (given,)):
        yield Listed(
            way=(*way, index) if nested else way,
            phrases=group,
            hiders=tuple(getattr(value, "exempt", ())) if name in ("words", "refuse") else (),
            anchored=getattr(value, "anchor", "any") != "any",
            most_chars=None if name in EXEMPTIONS else getattr(value, "most_chars", None),
            who=who,
            least=least,
        )


def phrase_fields(kind: type[Any]) -> tuple[str, ...]:
    """The options that hold phrases."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(own.name for own in fields(kind) if _holds_phrases(hints[own.name]))


def _holds_phrases(hint: Any) -> bool:
    if hint == Phrase:
        return True
    return any(
        _holds_phrases(inner) for inner in get_args(hint) if not (isinstance(inner, type) and is_dataclass(inner))
    )


# ── what is wrong with them ──────────────────────────────────────────────────────────────────────────────────────
def idle(own: Sequence[str], among: Listed, language: Language) -> Iterator[tuple[str, str]]:
    """Phrases of `own` that do nothing in the list, each with the reason."""
    for phrase in dict.fromkeys(own):
        spoken = wordings(phrase)
        if not spoken:
            continue
        if among.most_chars is not None and min(len(_SPOKEN.findall(one)) for one in spoken) > among.most_chars:
            yield phrase, f"is longer than most_chars ({among.most_chars}) allows, so it is never heard"
        elif not all(_found(phrase, one, language) for one in spoken):
            deaf = next(one for one in spoken if not _found(phrase, one, language))
            yield phrase, f"is not even found in {deaf!r}, which it allows"
        elif hider := next((e for e in among.hiders if all(_hides(e, phrase, one, language) for one in spoken)), None):
            yield phrase, f"never counts: the exemption {hider!r} covers whatever it finds"
        elif not (among.anchored or among.exempts) and (wider := _wider(phrase, spoken, among.phrases, language)):
            yield phrase, f"adds nothing: {wider!r} of the same list is found wherever it is"


def short(own: Sequence[str], among: Listed, language: Language) -> tuple[str, ...]:
    """Phrases too short to be recognised where the recogniser wrote another character of the same sound.

    Those of one syllable, and those of two where the list has none that is longer.
    """
    if language != "zh" or among.exempts:
        return ()
    longest = max((_n_syllables(phrase) for phrase in among.phrases), default=0)
    least = SHORT_SYLLABLES if longest <= SHORT_SYLLABLES else 1
    return tuple(phrase for phrase in dict.fromkeys(own) if _n_syllables(phrase) <= least)


def _n_syllables(phrase: str) -> int:
    """Syllables of its shortest wording; many where it has slots."""
    return min((len(_SPOKEN.findall(one)) for one in wordings(phrase)), default=99)


def _wider(phrase: str, spoken: Sequence[str], others: Sequence[str], language: Language) -> str | None:
    for other in others:
        if other != phrase and "{" not in other and all(_found(other, one, language) for one in spoken):
            alike = all(_found(phrase, one, language) for one in wordings(other) or ("",))
            if not alike or others.index(other) < others.index(phrase):  # of two that cover each other, the later
                return other
    return None


def _found(phrase: str, text: str, language: Language) -> bool:
    return bool(_hits(phrase, text, language))


def _hides(exempt: str, phrase: str, text: str, language: Language) -> bool:
    """Whether the exemption lies over the phrase in its own words."""
    own, over = _hits(phrase, text, language), _hits(exempt, text, language)
    return bool(own) and all(any(o.first <= h.first and h.last <= o.last for o in over) for h in own)


def _hits(phrase: str, text: str, language: Language) -> Any:
    return _ears(text, language).hits(0, phrase, "any", EXACT)


@lru_cache(maxsize=8192)
def _ears(text: str, language: Language) -> Any:
    return EARS[language]([spread(text, Span(0.0, max(1.0, len(text) / 4)), 1.0, language)], {})


@lru_cache(maxsize=8192)
def wordings(phrase: str) -> tuple[str, ...]:
    """What the phrase allows to be said, at most 64 wordings; none where it has slots or gaps, which hold anything.

    >>> wordings("请[您]稍(等|候)")
    ('请您稍等', '请您稍候', '请稍等', '请稍候')
    """
    text = phrase.replace("（", "(").replace("）", ")").replace("｜", "|")
    if "{" in text or "…" in text or "..." in text:
        return ()
    done: list[str] = []
    open_ = [text]
    while open_ and len(done) < MOST_WORDINGS:
        one = open_.pop()
        group = _GROUP.search(one)
        if group is None:
            done.append(one)
            continue
        optional, needed = group.groups()
        choices = [*optional.split("|"), ""] if needed is None else needed.split("|")
        open_ += [one[: group.start()] + choice + one[group.end() :] for choice in reversed(choices)]
    return tuple(dict.fromkeys(done))
