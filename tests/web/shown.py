"""Every page that a person can open, and who opens it: for the tests that look at all of them, and for pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callaudit.store.desk_tables import CalibrationCallRow, CalibrationRow, OpinionRow
from callaudit.store.tables import AuditRow, BreachRow, CallRow
from tests.web.calls import AGENT


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: a name, its address (`{call_id}` and the like stand for what is in the store), and who opens it."""

    name: str
    path: str
    user: str | None = "lead"
    status: int = 200


SHOWN: Final = (
    Shown("sign-in", "/sign-in", None),
    Shown("queue", "/"),
    Shown("queue-agent", "/", "agent"),
    Shown("call", "/calls/{call_id}"),
    Shown("call-agent", "/calls/{own_call_id}", "agent"),
    Shown("figures", "/figures?period=all"),
    Shown("figures-teams", "/figures/teams?period=all"),
    Shown("figures-agents", "/figures/agents?period=all"),
    Shown("figures-days", "/figures/days?period=all"),
    Shown("figures-rules", "/figures/rules?period=all&rule={rule}"),
    Shown("figures-distributions", "/figures/distributions?period=all"),
    Shown("agent", "/agents/{agent_id}?period=all"),
    Shown("agent-own", "/me/calls?period=all", "agent"),
    Shown("rules", "/rules"),
    Shown("rule", "/rules/{doubted}"),
    Shown("rule-heard", "/rules/{doubted}/heard/{which}"),
    Shown("calibrations", "/calibrations"),
    Shown("calibration-open", "/calibrations/{open}"),
    Shown("calibration-sheet", "/calibrations/{open}/calls/{blind}", "second"),
    Shown("calibration", "/calibrations/{closed}"),
    Shown("appeals", "/appeals"),
    Shown("appeals-agent", "/appeals", "agent"),
    Shown("accounts", "/accounts", "admin"),
    Shown("trail", "/trail"),
    Shown("me", "/me"),
    Shown("password", "/me/password"),
    Shown("nowhere", "/nowhere", status=404),
)

NO_PAGE: Final = ("/static/{name}", "/health", "/sign-in/sso", "/sign-in/sso/back", "/calls/{call_id}/drawing")
"""Addresses of `web.pages` that answer something else than a page; so do those that end in one of `NO_PAGE_ENDS`."""
NO_PAGE_ENDS: Final = ("/sound", ".html", ".csv", ".xlsx", ".json", ".jsonl", ".zip", "/what-if")


def places(session: Session) -> dict[str, str]:
    """What stands in the addresses: the call and the rule with most violations, the agent of that call, a rule that
    somebody doubted, calibrations that `tests.web.lived` made.
    """
    n = func.count()
    worst = select(AuditRow.call_id).join(BreachRow).group_by(AuditRow.call_id).order_by(n.desc(), AuditRow.call_id)
    call = session.get_one(CallRow, session.scalars(worst.limit(1)).one())
    rule = select(BreachRow.rule).group_by(BreachRow.rule).order_by(n.desc(), BreachRow.rule)
    doubted = select(OpinionRow.rule).where(OpinionRow.says == "overturned", OpinionRow.stands)
    waits = select(CalibrationRow.id).where(CalibrationRow.closed_at.is_(None))
    blind = select(CallRow.id).join(CalibrationCallRow, CalibrationCallRow.recording_id == CallRow.recording_id)
    own = select(CallRow.id).where(CallRow.agent_id == AGENT).order_by(CallRow.id)
    return {
        "call_id": str(call.id),
        "agent_id": call.agent_id or AGENT,
        "rule": session.scalars(rule.limit(1)).one(),
        "doubted": session.scalars(doubted.limit(1)).one(),
        "which": "false",
        "open": str(session.scalars(waits).one()),
        "closed": str(session.scalars(select(CalibrationRow.id).where(CalibrationRow.closed_at.is_not(None))).one()),
        "blind": str(session.scalars(blind.where(CalibrationCallRow.calibration_id.in_(waits)).limit(1)).one()),
        "own_call_id": str(session.scalars(own.limit(1)).one()),
    }
