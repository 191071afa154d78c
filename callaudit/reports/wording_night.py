"""What the summary of a night says; the words of each language stand in `words_zh` and `words_en`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NightWording:
    """The words of one language; texts with slots are filled by `str.format`.

    `SHEETS` are the workbook's sheets, `COLUMNS` what stands above their columns, by the columns' names.
    """

    TITLE: str
    CAUSES: Mapping[str, str]
    PERSONAL: Mapping[str, str]
    SHEETS: Mapping[str, str]
    COLUMNS: Mapping[str, str]
    CALLS: str
    FROM_TO: str
    SINCE: str
    TOOK: str
    N_HOURS: str
    HOURS_MINUTES: str
    MINUTES_SECONDS: str
    SPEED: str
    HEARD_NOW: str
    MEAN_SCORE: str
    WORST_RULES: str
    MORE_RULES: str
    NO_BREACHES: str
    NO_CALLS: str
    RULES_HINT: str
    WORST_AGENTS: str
    MORE_AGENTS: str
    AGENTS_HINT: str
    TOO_FEW: str
    UNKNOWN_AGENT: str
    FAILURES: str
    FAILURES_HINT: str
    QUARANTINED: str
    LATER: str
    DUPLICATES: str
    INCOMPLETE: str
    MASKED: str
    NOTHING_MASKED: str
    RANKED: str
    NOT_RANKED: str
    STOPPED: str
    SHORT: str
    SHORT_PROBLEMS: str
    SHORT_RULES: str

    def cause(self, kind: str) -> str:
        """What a cause of failure is called; one without a word goes by its own name."""
        return self.CAUSES.get(kind, kind)

    def personal(self, kind: str) -> str:
        """What a kind of personal data is called."""
        return self.PERSONAL.get(kind, kind)

    def took(self, seconds: float) -> str:
        """A length of time: minutes and seconds; from an hour on, hours and minutes."""
        if seconds < 3600:
            minutes, rest = divmod(round(seconds), 60)
            return self.MINUTES_SECONDS.format(minutes=minutes, seconds=rest)
        hours, minutes = divmod(round(seconds / 60), 60)
        return self.HOURS_MINUTES.format(hours=hours, minutes=minutes)
