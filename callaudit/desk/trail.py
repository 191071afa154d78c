"""The trail: who did what with which call, and when; written in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from callaudit.desk.people import User
from callaudit.store.tables import AccessRow


def note(
    session: Session, user: User | str, act: str, *, now: datetime, recording_id: str | None = None, **what: Any
) -> None:
    """Adds a line to the access log, which nobody can change.

    Parameters
    ----------
    user : who did it; a name where it was nobody who is signed in (the command line, a sign-in that failed)
    act : a verb and its object, e.g. "judge finding"
    what : names, ids and states; no word of a call or of a comment
    """
    row = {
        "at": now,
        "who": user if isinstance(user, str) else user.name,
        "act": act,
        "what": dict(what),
        "recording_id": recording_id,
    }
    session.execute(insert(AccessRow).values(row))


def seen(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is worth keeping of filters: those that are set."""
    return {key: value for key, value in given.items() if value not in (None, "", (), [])}
