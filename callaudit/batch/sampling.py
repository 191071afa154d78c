"""Which of the recordings found are audited, and in which order: what quality departments call a sampling plan.

Nothing here is left to chance. Whether a recording is drawn hangs on its content and the plan's seed alone, so that the
same recordings are drawn whatever the order in which they were found, on whatever machine, on every repeat. What an
agent does cannot change it, and nobody can draw again until a call is missed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction

from callaudit.audio.metadata import read_metadata
from callaudit.batch.fetching import digest, sidecar_of
from callaudit.batch.places import FoundFile
from callaudit.config import Order, RecordingsConfig
from callaudit.errors import ConfigError, SourceError, UnreadableAudio

LOTS = 1 << 64
_PLAIN = RecordingsConfig()
_LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)

_PER_AGENT = re.compile(r"(\d+) +per +agent")
_SHARE = re.compile(r"(\d+(?:\.\d+)?) *%")


@dataclass(frozen=True, slots=True)
class Plan:
    """All recordings; of each agent's recordings of a day no more than `per_agent`; or this `share` of them, in (0, 1].

    Recordings whose agent is unknown count as those of one more agent. One that comes after others of its day were
    audited may be drawn besides them.
    """

    per_agent: int | None = None
    share: Fraction | None = None
    seed: str = ""

    @property
    def is_partial(self) -> bool:
        """Whether some calls may be left out. Then the calls heard are not all that a customer or an agent had: a rule
        that asks whether a promised call back was made cannot say that it was not."""
        return self.per_agent is not None or (self.share is not None and self.share < 1)


ALL = Plan()


def plan_of(text: str, seed: str = "") -> Plan:
    """The plan that people wrote: `all`, `3 per agent` or `10%`.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> plan_of("3 per agent").per_agent, plan_of("12.5%").share, plan_of("all").is_partial
    (3, Fraction(1, 8), False)
    """
    wanted = " ".join(text.lower().split())
    if wanted == "all":
        return Plan(seed=seed)
    if (found := _PER_AGENT.fullmatch(wanted)) and int(found[1]) > 0:
        return Plan(per_agent=int(found[1]), seed=seed)
    if (found := _SHARE.fullmatch(wanted)) and 0 < (share := Fraction(found[1]) / 100) <= 1:
        return Plan(share=share, seed=seed)
    raise ConfigError(f"no sampling plan is written {text!r}; write all, 3 per agent, or 10% (at most 100%)")


def drawn(
    files: Iterable[FoundFile], plan: Plan = ALL, order: Order = "found", settings: RecordingsConfig = _PLAIN
) -> Iterator[FoundFile]:
    """The files that are to be audited, in the order in which they are.

    A plan that leaves calls out must know what each file holds: those handed on have their `recording_id`, so that they
    need not be read again for it. A file that cannot be read is handed on too, for its failure to be told. In the order
    as found nothing is kept but what a plan per agent has drawn so far; any other order keeps every file drawn.

    Parameters
    ----------
    files : all of the days in question, audited already or not
    settings : how recordings are described, for the time of a call and its agent; no sound is read

    Raises
    ------
    SourceError
        The storage of a sidecar does not answer.
    """
    chosen = _chosen(files, plan, settings)
    if order == "found":
        yield from chosen
    elif order == "waiting":
        yield from sorted(chosen, key=lambda one: (one.modified_at or _LONG_AGO, one.location))
    else:
        dated = [(_whose(one, settings)[1], one) for one in chosen]
        dated.sort(key=lambda pair: pair[1].location)
        dated.sort(key=lambda pair: pair[0], reverse=order == "newest")
        yield from (one for _, one in dated)


def _chosen(files: Iterable[FoundFile], plan: Plan, settings: RecordingsConfig) -> Iterator[FoundFile]:
    if not plan.is_partial:
        yield from files
    elif plan.per_agent is None:
        share = plan.share or Fraction(1)
        for one in map(_identified, files):
            if one.recording_id is None or lot(one.recording_id, plan) < share * LOTS:
                yield one
    else:
        yield from sorted(_per_agent(files, plan, plan.per_agent, settings), key=lambda one: one.location)


def _per_agent(files: Iterable[FoundFile], plan: Plan, most: int, settings: RecordingsConfig) -> Iterator[FoundFile]:
    """Of each agent and day the recordings with the lowest lots."""
    groups: dict[tuple[str | None, date], dict[tuple[int, str], FoundFile]] = {}
    for one in map(_identified, files):
        if one.recording_id is None:
            yield one
            continue
        agent_id, began_at = _whose(one, settings)
        group = groups.setdefault((agent_id, began_at.date()), {})
        drawn = lot(one.recording_id, plan), one.recording_id
        if drawn not in group or one.location < group[drawn].location:  # of two names always the same one
            group[drawn] = one
        if len(group) > most:
            del group[max(group)]
    for group in groups.values():
        yield from group.values()


def _identified(found: FoundFile) -> FoundFile:
    """The file with the digest of what it holds, None where that cannot be read."""
    if found.size == 0 or found.recording_id is not None:
        return found
    try:
        return replace(found, recording_id=digest(found.location))
    except (UnreadableAudio, SourceError):
        return found


def _whose(found: FoundFile, settings: RecordingsConfig) -> tuple[str | None, datetime]:
    """Agent and beginning of a call, by what sidecar, file name and settings say; no sound is read.

    Where nobody knows when it began, the time of the file stands for it. A sidecar that is broken says nothing here:
    the audit of its call fails, and tells why.
    """
    agent_id: str | None = None
    began_at: datetime | None = None
    with sidecar_of(found.location) as file, suppress(ConfigError):
        known = read_metadata(
            file, defaults=settings.defaults(), filename_pattern=settings.filename_pattern, named=found.location
        )
        agent_id, began_at = known.agent_id, known.started_at
    if began_at is None:
        return agent_id, (found.modified_at or _LONG_AGO).astimezone()
    return agent_id, began_at if began_at.tzinfo else began_at.astimezone()  # of this machine, for want of a better


def lot(recording_id: str, plan: Plan) -> int:
    """The recording's number in the draw, below `LOTS`; evenly spread, and unrelated to that by another seed."""
    return int.from_bytes(hashlib.sha256(f"{plan.seed}\n{recording_id}".encode()).digest()[:8])
