"""How a report says things: every word by language, and how it writes times, amounts and file names.

`Wording` holds the words of one language (`words_zh`, `words_en`), so that none can be missing; what no language
changes are functions of their own. Identifiers that come from elsewhere (a measure, a unit, a rule) and have no wording
are shown as they are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callaudit.messages import Language, render
from callaudit.records import CallMetadata, Measurement, Party, Severity, Speaker, Step
from callaudit.reports.wording_night import NightWording

TURNS_TEXT: Final = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
MISSING: Final = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of one language; texts with slots are filled by `str.format`."""

    LANGUAGE: Language
    FINDINGS_OF: str
    TITLE: str
    SPEAKERS: Mapping[str, str]
    VERDICTS: Mapping[str, str]
    SEVERITIES: Mapping[Severity, str]
    STATUSES: Mapping[str, str]
    LAYOUTS: Mapping[str, str]
    DIRECTIONS: Mapping[str, str]
    EVENTS: Mapping[str, str]
    TRACKS: Mapping[str, str]
    UNITS: Mapping[str, str]
    MEASURES: Mapping[str, str]
    CALL: str
    FILE: str
    NUMBER: str
    DIRECTION: str
    STARTED: str
    AGENT: str
    COMPANY: str
    DURATION: str
    RINGING: str
    NO_RING: str
    TALK: str
    RATE: str
    LEVEL: str
    NOT_HEARD: str
    CALL_MEASURES: str
    SILENCE: str
    HOLD: str
    OVERLAP: str
    HANGUP: str
    CHANNELS: str
    ROLES: str
    NOTICE: str
    NONE: str
    SCORE: str
    VERDICT: str
    SCORE_UNIT: str
    NO_SCORE: str
    SHEET: str
    SECTION: str
    WORTH: str
    LOST: str
    LEFT: str
    WHAT_FOR: str
    FATAL: str
    NOT_SURE: str
    NOTHING_LOST: str
    NO_MORE_TO_LOSE: str
    INCOMPLETE: str
    MADE_BY: str
    TIMELINE: str
    LEGEND: str
    FINDINGS: str
    NO_FINDINGS: str
    NO_FINDINGS_SO_FAR: str
    NOTHING_ASSESSED: str
    UNASSESSED: str
    UNASSESSED_HINT: str
    CRASHED: str
    PASSED: str
    NOT_APPLICABLE: str
    MEASURED: str
    TRANSCRIPT: str
    NO_TRANSCRIPT: str
    HEARD: str
    BASIS: str
    MATCHED: str
    CONFIDENCE: str
    REASON: str
    AGAINST: str
    STEPS: str
    STEP_AT: str
    STEP_WAITED: str
    STEP_WANTED: str
    STEPS_OF_PASSES: str
    LIMIT: str
    SUMMARY: str
    FAILED: str
    LOW_WORD: str
    PLAY: str
    PAUSE: str
    NO_CLIP: str
    SEEK: str
    SPEED: str
    ZOOM: str
    KEYS: str
    INDEX: str
    TO_TOP: str
    HTML_LANG: str
    ISSUE: str
    WHEN: str
    EVENT_LANE: str
    MIXED: str
    CHANNEL: str
    ROLE: str
    ROLE_OF: str
    ASSESSED: str
    ASSESSED_COUNTS: str
    KEPT_COUNTS: str
    CRASHES: str
    NO_DIRECTION: str
    TIMES: str
    PLACES: str
    N_RINGS: str
    RING_MUSIC: str
    LONGEST: str
    LONG_SILENCES: str
    HUNG_UP: str
    HANGUP_UNKNOWN: str
    RANGE: str
    POSSIBLE: str
    UNSURE_BREACHES: str
    SUSPECTED: str
    HENCE_RANGE: str
    DEDUCTION: str
    EACH_TIME: str
    AT_MOST_LOST: str
    INSTEAD: str
    FATAL_SUM: str
    BONUS: str
    ASIDE: str
    COMMA: str
    LIST: str
    CLAUSES: str
    COLON: str
    QUOTE: str
    SOURCE: str
    SOURCE_CELL: str
    STRETCH: str
    SECONDS: str
    MINUTES: str
    AT_LEAST_S: str
    AT_MOST_S: str
    WAITED_S: str
    OF_PARTY: str
    NIGHT: NightWording

    def told(self, text: str | None) -> str:
        """What a call says of itself, such as why a hang-up is unknown; nothing where it says nothing."""
        return render(text or "", self.LANGUAGE)

    def amount(self, value: float | None, unit: str | None) -> str:
        """Number with its unit as people write it; a ratio as percent."""
        if value is None:
            return MISSING
        if unit == "ratio":
            return f"{number(value * 100, 1)}%"
        return f"{number(value)} {self.UNITS.get(unit or '', unit or '')}".strip()

    def step_wanted(self, step: Step) -> str:
        """How long the wait before a step is to be."""
        if step.wanted_s is None:
            return ""
        return (self.AT_MOST_S if step.at_most else self.AT_LEAST_S).format(seconds=number(step.wanted_s))

    def step_line(self, step: Step) -> str:
        """One step of a protocol in a line."""
        parts = [step_mark(step.done), printable(step.name)]
        parts += [clock(step.at_s)] if step.at_s is not None else []
        waited = self.WAITED_S.format(seconds=step.waited_s) if step.waited_s is not None else ""
        wanted = self.ASIDE.format(text=self.step_wanted(step)) if step.wanted_s is not None else ""
        return " ".join([*parts, *([waited + wanted] if waited or wanted else [])])

    def seconds(self, value_s: float) -> str:
        """Seconds to a tenth; from two minutes on, minutes and whole seconds."""
        if value_s < 120:
            return self.SECONDS.format(seconds=value_s)
        minutes, rest = divmod(round(value_s), 60)
        return self.MINUTES.format(minutes=minutes, seconds=rest)

    def measure(self, name: str) -> str:
        """What a measure is called; one of a party's carries the party's name in front."""
        if name in self.MEASURES:
            return self.MEASURES[name]
        who, _, rest = name.partition("_")
        known = who in self.SPEAKERS and rest in self.MEASURES
        return self.OF_PARTY.format(who=self.SPEAKERS[who], name=self.MEASURES[rest]) if known else name

    def both(self, agent: Measurement | None, customer: Measurement | None) -> str:
        """One figure of both parties beside each other; nothing where neither was measured."""
        told = [
            f"{self.SPEAKERS[who]} {number(found.value, 0)}"
            for who, found in (("agent", agent), ("customer", customer))
            if found is not None and found.value is not None
        ]
        unit = next((found.unit for found in (agent, customer) if found is not None), "")
        return f"{' · '.join(told)} {self.UNITS.get(unit, unit)}" if told else ""

    def speaker(self, who: Speaker | None) -> str:
        """Name of the speaker; nothing where a stretch has none."""
        return "" if who is None else self.SPEAKERS[who]

    def no_findings(self, n_assessed: int, complete: bool) -> str:
        """What an audit without violations says of itself; one that judged nothing, or not all, is not clean."""
        if not n_assessed:
            return self.NOTHING_ASSESSED
        return self.NO_FINDINGS if complete else self.NO_FINDINGS_SO_FAR

    def role(self, party: Party) -> str:
        """Who lies where and how sure that is; the channel counts from 1, as people count."""
        who, sure = self.SPEAKERS[party.speaker], percent(party.confidence)
        return self.ROLE.format(n=party.voice.channel + 1, who=who, sure=sure)


def clock(time_s: float) -> str:
    """Time as mm:ss.s, with hours in front where there are any.

    >>> clock(59.96), clock(3723.4)
    ('01:00.0', '1:02:03.4')
    """
    tenths = round(max(0.0, time_s) * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes:02d}"
    return f"{head}:{tenths // 10:02d}.{tenths % 10}"


def minute_clock(time_s: float) -> str:
    """Time as m:ss, with hours in front where there are any; for axes.

    >>> minute_clock(90), minute_clock(3600)
    ('1:30', '1:00:00')
    """
    minutes, seconds = divmod(round(max(0.0, time_s)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def number(value: float, digits: int = 2) -> str:
    """Number with at most `digits` decimals and no trailing zeros.

    >>> number(9.0), number(9.04), number(-0.001)
    ('9', '9.04', '0')
    """
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def step_mark(done: bool | None) -> str:
    """Whether a step was done, as a mark; a question mark where nobody knows."""
    return "？" if done is None else ("✓" if done else "✗")


def percent(ratio: float | None) -> str:
    """Whole percent; a dash where there is none."""
    return MISSING if ratio is None else f"{ratio * 100:.0f}%"


def points(score: float | None) -> str:
    """Points out of 100 to a tenth; a dash where there are none."""
    return MISSING if score is None else f"{score:.1f}"


def printable(text: str) -> str:
    """The text without what a terminal or a page could take for an order.

    Control and direction-changing characters become U+FFFD, so do bytes of a file name that are no UTF-8;
    line breaks and tabs become spaces.
    """
    return text if text.isprintable() else "".join(_printable(char) for char in text)


def _printable(char: str) -> str:
    if char in "\n\r\t":
        return " "
    kind = unicodedata.category(char)
    return "\ufffd" if kind in {"Cc", "Cs"} or char in TURNS_TEXT else char


def file_name(path: str) -> str:
    """Last part of a path of either system, printable.

    >>> file_name("calls/a.wav"), file_name("C:\\\\calls\\\\b.wav")
    ('a.wav', 'b.wav')
    """
    return printable(path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path)


def agent(metadata: CallMetadata) -> str:
    """Agent by number and name, as far as known."""
    known = [part for part in (metadata.agent_id, metadata.agent_name) if part]
    return printable(" ".join(known)) or MISSING


def started(at: datetime | None) -> str:
    """Date, minute and offset of the start.

    >>> from datetime import timezone
    >>> started(datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc))
    '2026-11-20 10:00 +00:00'
    """
    if at is None:
        return MISSING
    offset = at.isoformat()[-6:] if at.tzinfo else ""
    return f"{at:%Y-%m-%d %H:%M} {offset}".rstrip()
