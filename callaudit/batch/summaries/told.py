"""A summary in words: what every format of it says the same way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from callaudit.batch.figures import VERDICTS, AgentFigures, Summary
from callaudit.reports.languages import WORDINGS
from callaudit.reports.wording import MISSING, Wording, number, percent, points, printable, started
from callaudit.reports.wording_night import NightWording


@dataclass(frozen=True, slots=True)
class Told:
    """The summary in the language of its rulebook; `zone` is that of the moments, by default this machine's."""

    summary: Summary
    zone: tzinfo | None = None

    @property
    def common(self) -> Wording:
        """Words of every report."""
        return WORDINGS[self.summary.language]

    @property
    def words(self) -> NightWording:
        """Words of a night."""
        return self.common.NIGHT

    def moment(self, at: datetime | None) -> str:
        """A moment in the zone."""
        return started(None if at is None else at.astimezone(self.zone))

    def when(self) -> str:
        """From when to when the run went; nothing where no run was named."""
        start, end = self.summary.started_at, self.summary.ended_at
        if start is None:
            return ""
        if end is None:
            return self.words.SINCE.format(start=self.moment(start))
        return self.words.FROM_TO.format(start=self.moment(start), end=self.moment(end))

    def count(self, n: int) -> str:
        """A count with its thousands apart."""
        return f"{n:,}"

    def hours(self, seconds: float) -> str:
        """Hours to a tenth, those of a short night to a hundredth."""
        return self.words.N_HOURS.format(hours=f"{seconds / 3600:,.{1 if seconds >= 36000 else 2}f}")

    def verdicts(self) -> str:
        """Calls by verdict, with their shares."""
        n = self.summary.n_calls
        return (
            "  ".join(
                f"{self.common.VERDICTS[verdict]} {self.count(self.summary.verdicts[verdict])}"
                + self.common.ASIDE.format(text=percent(self.summary.verdicts[verdict] / n))
                for verdict in VERDICTS
            )
            if n
            else MISSING
        )

    def speed(self) -> str:
        """Throughput; nothing where no run was named or it heard nothing."""
        calls, audio = self.summary.calls_per_hour, self.summary.audio_hours_per_hour
        if not calls or audio is None:
            return ""
        return self.words.SPEED.format(calls=number(calls, 0), hours=number(audio, 1))

    def masked(self) -> str:
        """Places of personal data by kind."""
        if not self.summary.masked:
            return self.words.NOTHING_MASKED
        return self.common.LIST.join(f"{self.words.personal(kind)} {self.count(n)}" for kind, n in self.summary.masked)

    def agent(self, one: AgentFigures) -> str:
        """An agent by number and name."""
        return printable(" ".join(part for part in (one.agent_id, one.name) if part)) or self.words.UNKNOWN_AGENT

    def later(self) -> str:
        """What is left for later, and whether because the run was ended."""
        ended = self.common.ASIDE.format(text=self.words.STOPPED) if self.summary.stopped else ""
        return self.count(self.summary.n_later) + ended

    def facts(self) -> list[tuple[str, str]]:
        """What a reader wants first, under its name."""
        summary, words = self.summary, self.words
        calls = [self.count(summary.n_calls), self.hours(summary.audio_s)]
        if summary.kind is not None and summary.n_heard < summary.n_calls:
            calls.append(words.HEARD_NOW.format(n=self.count(summary.n_heard)))
        rows = [
            (words.CALLS, " · ".join(calls)),
            (self.common.VERDICT, self.verdicts()),
            (words.MEAN_SCORE, points(summary.mean_score)),
        ]
        if summary.took_s is not None:
            rows.append((words.TOOK, " · ".join(filter(None, (words.took(summary.took_s), self.speed())))))
        rows += [
            (words.FAILURES, self.count(summary.n_failed)),
            *([(words.QUARANTINED, self.count(summary.n_quarantined))] if summary.n_quarantined else []),
            (words.LATER, self.later()),
            (words.DUPLICATES, self.count(summary.n_duplicates)),
            (words.MASKED, self.masked()),
        ]
        return [*rows, *([(words.INCOMPLETE, self.count(summary.n_incomplete))] if summary.n_incomplete else [])]
