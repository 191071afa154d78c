"""Other calls, at hand while one is judged: of the same customer, of the same agent, before it and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from callaudit.records import PastCall


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

    def of_agent(self, agent_id: str | None) -> tuple[PastCall, ...]:
        """Calls of the agent, in order of time; none where the agent is unknown."""
        return self._by_agent.get(agent_id, ()) if agent_id else ()

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
