"""What somebody asks of the queue, as its address says it; the same words in pages, saved views and the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final, Literal, cast, get_args
from urllib.parse import parse_qsl, urlencode

from callaudit.desk.people import User
from callaudit.records import Severity, Verdict
from callaudit.store.entries import VERDICTS
from callaudit.store.queries import FLAGGED, Filter, Place
from callaudit.store.spoken import said

Chosen = Literal["flagged", "fail", "review", "pass", "all"]
Reviewed = Literal["no", "yes", "all"]
By = Literal["text", "sound"]

LONGEST: Final = 200
"""Characters of a value; a longer one is no name of anything."""
MOST: Final = 50
"""Agents, teams or rules that one may ask for at a time."""
LONGEST_TEXT: Final = 100
"""Characters of what is searched for; the rest is left out."""

_VERDICTS: Final[Mapping[Chosen, tuple[Verdict, ...]]] = {
    "flagged": FLAGGED, "fail": ("fail",), "review": ("review",), "pass": ("pass",), "all": VERDICTS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls are asked for; every default is left out of the address.

    `held` is who has the call: me, somebody, nobody, or the name of an account. `sure` is the least confidence of a
    violation in percent. `q` is what was said, `by` whether that is meant as written or as it sounds.
    """

    since: str | None = None
    until: str | None = None
    agent: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    severity: Severity | None = None
    verdict: Chosen = "flagged"
    sure: int | None = None
    reviewed: Reviewed = "no"
    held: str | None = None
    appeal: bool = False
    q: str = ""
    by: By = "text"

    def query(self) -> str:
        """What follows the ? of the address."""
        return urlencode(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values, in the order of the fields."""
        found: list[tuple[str, str]] = []
        for own in fields(self):
            value = getattr(self, own.name)
            if value == own.default:
                continue
            values = value if isinstance(value, tuple) else (int(value) if isinstance(value, bool) else value,)
            found += [(own.name, str(one)) for one in values]
        return found

    def without(self, name: str, value: str | None = None) -> Asked:
        """The same, one filter less; of several values of it that one alone."""
        now = getattr(self, name)
        if isinstance(now, tuple) and value is not None:
            left: Any = tuple(one for one in now if one != value)
            return replace(self, **{name: left})
        return replace(self, **{name: getattr(Asked(), name)})


NOTHING: Final = Asked()


def asked_of(given: str | Iterable[tuple[str, str]]) -> Asked:
    """What an address asks; what it says wrongly, or of nothing that there is, is left out.

    >>> asked_of("verdict=fail&agent=3052&agent=8016&since=never").query()
    'agent=3052&agent=8016&verdict=fail'
    """
    pairs = parse_qsl(given, max_num_fields=1000) if isinstance(given, str) else list(given)
    several: dict[str, list[str]] = {}
    for name, value in pairs:
        if (plain := value.strip()) and "\x00" not in plain:
            several.setdefault(name, []).append(plain)
    last = {name: values[-1] for name, values in several.items()}
    values: dict[str, Any] = {
        **{name: day for name in ("since", "until") if (day := _day(last.get(name, "")))},
        **{name: names for name in ("agent", "team", "rule") if (names := _names(several.get(name, [])))},
        **{name: last[name] for name, known in _KNOWN.items() if last.get(name) in known},
    }
    if last.get("appeal") == "1":
        values["appeal"] = True
    if (sure := last.get("sure", "")).isascii() and sure.isdigit() and 0 < int(sure[:4]) <= 100:
        values["sure"] = int(sure)
    if len(held := last.get("held", "")) in range(1, LONGEST):
        values["held"] = held
    if q := " ".join(last.get("q", "").split())[:LONGEST_TEXT]:
        values["q"] = q
    asked = Asked(**values)
    if asked.since and asked.until and asked.since > asked.until:
        return replace(asked, since=asked.until, until=asked.since)
    return asked


_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "severity": get_args(Severity), "verdict": get_args(Chosen), "reviewed": get_args(Reviewed), "by": get_args(By),
}  # fmt: skip


def filter_of(asked: Asked, user: User, accounts: Mapping[str, int]) -> Filter:
    """The filter of the store; of an agent, own calls that people have been through, whatever was asked.

    Parameters
    ----------
    accounts : name → id of those who may have a call
    """
    found = Filter(
        asked.since, asked.until, asked.agent, asked.team, asked.rule, asked.severity,
        None if asked.sure is None else asked.sure / 100, _VERDICTS[asked.verdict],
    )  # fmt: skip
    if asked.q and user.may("search"):
        found = replace(found, said=said(asked.q, by_sound=asked.by == "sound"))
    if not user.may("see all calls"):
        found = replace(found, verdicts=VERDICTS if asked.verdict == "flagged" else found.verdicts)
        return replace(found, agents=(user.agent_id or "",), teams=(), reviewed=True, appealed=asked.appeal)
    reviewed = {"no": False, "yes": True, "all": None}[asked.reviewed]
    found = replace(found, reviewed=reviewed, appealed=asked.appeal)
    if asked.held in ("somebody", "nobody"):
        return replace(found, assigned=asked.held == "somebody")
    if asked.held is not None:
        who = user.id if asked.held == "me" else accounts.get(asked.held, 0)  # nobody has the id 0
        return replace(found, assignees=(who,))
    return found


def place_of(given: str) -> Place | None:
    """A place of the queue as addresses have it; None where it is none.

    >>> place_of("9840712-31"), place_of("x")
    (Place(rank=9840712, audit_id=31), None)
    """
    rank, _, audit_id = given.partition("-")
    if not all(one.isascii() and one.isdigit() and len(one) < 19 for one in (rank, audit_id)):
        return None
    return Place(int(rank), int(audit_id))


def written(place: Place) -> str:
    """A place as `place_of` reads it."""
    return f"{place.rank}-{place.audit_id}"


def _day(given: str) -> str | None:
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        return None


def _names(given: list[str]) -> tuple[str, ...]:
    return cast(tuple[str, ...], tuple(dict.fromkeys(one for one in given if len(one) <= LONGEST)))[:MOST]
