"""Which calls people have, or have been through: conditions on the cases of the review desk.

Cases are few beside calls. Who asks for calls that have one is given them by the cases; who asks for calls that have
none goes through calls, and leaves out those.
"""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import false, or_, select

from callaudit.store.desk_tables import AppealRow, CaseRow
from callaudit.store.tables import CallRow

CHECKED = ("reviewed", "final")
"""States of a case that a person has been through."""


class Asked(Protocol):
    """What of a filter is about cases (`callaudit.store.queries.Filter`)."""

    @property
    def reviewed(self) -> bool | None: ...

    @property
    def assigned(self) -> bool | None: ...

    @property
    def assignees(self) -> tuple[int, ...]: ...

    @property
    def appealed(self) -> bool: ...


def given(wanted: Asked) -> Any | None:
    """The ids of the calls whose case is as wanted, as a SELECT; None where calls without a case may be wanted."""
    return _calls(*asks(wanted)) if needs_case(wanted) else None


def needs_case(wanted: Asked) -> bool:
    """Whether no call without a case is wanted."""
    return bool(wanted.reviewed or wanted.assigned or wanted.assignees or wanted.appealed)


def asks(wanted: Asked) -> list[Any]:
    """The conditions on the case of a call that needs one, all of which hold."""
    asked: list[Any] = []
    if wanted.reviewed is not None:
        asked.append(CaseRow.state.in_(CHECKED) if wanted.reviewed else CaseRow.state.not_in(CHECKED))
    if wanted.assigned is not None:
        asked.append(CaseRow.assignee_id.is_not(None) if wanted.assigned else CaseRow.assignee_id.is_(None))
    if wanted.assignees:
        asked.append(CaseRow.assignee_id.in_(wanted.assignees))
    if wanted.appealed:
        asked.append(CaseRow.recording_id.in_(select(AppealRow.recording_id).where(AppealRow.state == "open")))
    return asked


def given_by_others(wanted: Asked) -> Any | None:
    """The ids of the calls that `without` leaves out, as a SELECT; None where it leaves out none."""
    others = left_out(wanted)
    return _calls(or_(false(), *others)) if others else None


def without(wanted: Asked, call_id: Any) -> list[Any]:
    """Conditions that leave out calls whose case is not as wanted; those that have none stay.

    Parameters
    ----------
    call_id : what gives the id of a call
    """
    others = left_out(wanted)
    if not others:
        return []
    case = select(CaseRow.recording_id).join(CallRow, CallRow.recording_id == CaseRow.recording_id)
    return [~case.where(CallRow.id == call_id, or_(false(), *others)).correlate_except(CaseRow, CallRow).exists()]


def left_out(wanted: Asked) -> list[Any]:
    """The conditions on a case of which any leaves its call out; none where none is left out."""
    return [
        *([CaseRow.state.in_(CHECKED)] if wanted.reviewed is False else []),
        *([CaseRow.assignee_id.is_not(None)] if wanted.assigned is False else []),
    ]


def _calls(*asked: Any) -> Any:  # a SELECT
    return select(CallRow.id).join(CaseRow, CaseRow.recording_id == CallRow.recording_id).where(*asked)
