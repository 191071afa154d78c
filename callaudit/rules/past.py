"""Other calls, at hand while one is judged: of the same customer, of the same agent, before it and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from statistics import median
from typing import Literal, Protocol, get_args

from callaudit.records import PastCall

Habit = Literal["rate_cpm", "f0_median_hz", "f0_spread_st"]
"""What is an agent's own in every call; the level is the line's too."""

LEAST_CALLS = 3
"""Other calls of an agent that make known how the agent usually speaks (proposed)."""

CUSTOMER, AGENT, WHOLE = "customer:", "agent:", "whole"
"""What `Asking` calls what is asked: a customer's calls, an agent's habits, and how far the history reaches."""


class Others(Protocol):
    """What rules may ask of other calls."""

    @property
    def complete_until(self) -> datetime | None:
        """Every call that ended by then is known; None: nobody says so."""

    def complete_by(self, moment: datetime) -> bool:
        """Whether every call that ended by a moment is known."""

    def more_than(self, call_id: str) -> bool:
        """Whether any other call is known."""

    def of_customer(self, customer: str | None) -> tuple[PastCall, ...]:
        """Calls with that customer, in order of time; none where the customer is unknown."""

    def usual(self, agent_id: str | None, habit: Habit) -> float | None:
        """Median over the agent's calls; None where fewer than `LEAST_CALLS` are known."""

    @property
    def holds_outbound(self) -> bool:
        """Whether any outgoing call with a known customer is known; without one, call-backs are not recorded here."""


@dataclass(frozen=True)
class History:
    """Other calls in order of time; make it by `history_of`.

    `complete_until`: every call that ended by then is in it, so what is not in it was not made. None: nobody says so,
    and that a call is missing means nothing.
    """

    calls: tuple[PastCall, ...] = ()
    complete_until: datetime | None = None

    def __len__(self) -> int:
        return len(self.calls)

    def __iter__(self) -> Iterator[PastCall]:
        return iter(self.calls)

    def of_customer(self, customer: str | None) -> tuple[PastCall, ...]:
        """Calls with that customer, in order of time; none where the customer is unknown."""
        return self._by_customer.get(customer, ()) if customer else ()

    def usual(self, agent_id: str | None, habit: Habit) -> float | None:
        """Median over the agent's calls; None where fewer than `LEAST_CALLS` are known."""
        return habits(self._by_agent.get(agent_id, ())).get(habit) if agent_id else None

    def complete_by(self, moment: datetime) -> bool:
        """Whether every call that ended by a moment is in it."""
        return self.complete_until is not None and self.complete_until >= moment

    def more_than(self, call_id: str) -> bool:
        """Whether any other call is in it."""
        return any(past.id != call_id for past in self.calls)

    @cached_property
    def holds_outbound(self) -> bool:
        """Whether any outgoing call with a known customer is in it; without one, call-backs are not recorded here."""
        return any(past.direction == "outbound" and past.customer for past in self.calls)

    @cached_property
    def _by_customer(self) -> dict[str | None, tuple[PastCall, ...]]:
        return _grouped((past.customer, past) for past in self.calls)

    @cached_property
    def _by_agent(self) -> dict[str | None, tuple[PastCall, ...]]:
        return _grouped((past.agent_id, past) for past in self.calls)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a history that some calls ask for: these customers, these agents' habits, and what holds for all."""

    customers: Mapping[str, tuple[PastCall, ...]]
    agents: Mapping[str, Mapping[str, float]]
    complete_until: datetime | None
    holds_outbound: bool
    n_calls: int

    def complete_by(self, moment: datetime) -> bool:
        """Whether every call that ended by a moment is known."""
        return self.complete_until is not None and self.complete_until >= moment

    def more_than(self, call_id: str) -> bool:
        """Whether any other call is known; the one asked about is."""
        return self.n_calls > 1

    def of_customer(self, customer: str | None) -> tuple[PastCall, ...]:
        """Calls with that customer, in order of time."""
        return self.customers.get(customer, ()) if customer else ()

    def usual(self, agent_id: str | None, habit: Habit) -> float | None:
        """Median over the agent's calls."""
        return self.agents.get(agent_id, {}).get(habit) if agent_id else None


class Asking:
    """A history that remembers what was asked of it, and a digest of each answer.

    A judgement hangs on other calls by these answers alone: as long as each would be the same, so would the judgement.
    `own_id` is the call judged: of a customer's calls the others count. How far the history reaches is remembered only
    where that was not far enough, since it never reaches less far.
    """

    def __init__(self, history: Others, own_id: str) -> None:
        self._history, self._own_id = history, own_id
        self.answers: dict[str, str] = {}

    @property
    def complete_until(self) -> datetime | None:
        return self._history.complete_until

    def complete_by(self, moment: datetime) -> bool:
        return self._reaches(self._history.complete_by(moment))

    def more_than(self, call_id: str) -> bool:
        return self._reaches(self._history.more_than(call_id))

    @property
    def holds_outbound(self) -> bool:
        return self._reaches(self._history.holds_outbound)

    def of_customer(self, customer: str | None) -> tuple[PastCall, ...]:
        found = self._history.of_customer(customer)
        if customer:
            self.answers[CUSTOMER + customer] = calls_answer(past.id for past in found if past.id != self._own_id)
        return found

    def usual(self, agent_id: str | None, habit: Habit) -> float | None:
        if agent_id:
            known = ((own, self._history.usual(agent_id, own)) for own in get_args(Habit))
            self.answers[AGENT + agent_id] = habits_answer({own: v for own, v in known if v is not None})
        return self._history.usual(agent_id, habit)

    def _reaches(self, far_enough: bool) -> bool:
        if not far_enough:
            more = self._history.more_than(self._own_id)
            self.answers[WHOLE] = whole_answer(self.complete_until, more, self._history.holds_outbound)
        return far_enough


def calls_answer(ids: Iterable[str]) -> str:
    """What stands for a customer's other calls: nothing where there is none."""
    listed = sorted(set(ids))
    return sha256(" ".join(listed).encode()).hexdigest() if listed else ""


def habits_answer(usual: Mapping[str, float]) -> str:
    """What stands for how an agent usually speaks: nothing where nobody knows."""
    return " ".join(f"{usual[own]:.6g}" if own in usual else "-" for own in get_args(Habit)) if usual else ""


def whole_answer(complete_until: datetime | None, more: bool, holds_outbound: bool) -> str:
    """What stands for how far a history reaches."""
    until = "" if complete_until is None else complete_until.astimezone(UTC).isoformat()
    return f"{until} {more:d} {holds_outbound:d}"


def habits(calls: Iterable[PastCall]) -> dict[str, float]:
    """How the agent of these calls usually speaks: medians, of what enough of them tell."""
    own = tuple(calls)
    values = {habit: [v for past in own if (v := getattr(past, habit)) is not None] for habit in get_args(Habit)}
    return {habit: median(known) for habit, known in values.items() if len(known) >= LEAST_CALLS}


def history_of(calls: Iterable[PastCall], complete_until: datetime | None = None) -> History:
    """The calls as a history, in whatever order they come; of several records of one recording one counts."""
    first: dict[str, PastCall] = {}
    for past in sorted(calls, key=lambda past: past.path):
        first.setdefault(past.id, past)
    return History(tuple(sorted(first.values(), key=lambda past: (past.started_at, past.id))), complete_until)


def _grouped(pairs: Iterable[tuple[str | None, PastCall]]) -> dict[str | None, tuple[PastCall, ...]]:
    grouped: dict[str | None, list[PastCall]] = {}
    for key, past in pairs:
        grouped.setdefault(key, []).append(past)
    return {key: tuple(own) for key, own in grouped.items()}


NO_HISTORY = History()
