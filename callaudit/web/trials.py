"""What pages and API share about trying changes: the trials of the application."""

from __future__ import annotations

from fastapi import Request

from callaudit.desk.knobs import Knob, knobs
from callaudit.desk.people import User
from callaudit.desk.whatif import Outcome, Trials
from callaudit.errors import DeskError
from callaudit.rules.digests import asks_history
from callaudit.rules.rule import Rule
from callaudit.rules.rulebook import Written
from callaudit.web.desk import Desk
from callaudit.web.learning import written_of
from callaudit.web.shared import shared_of


def trials_of(request: Request) -> Trials:
    """The trials; one object for the desk."""
    return shared_of(request).trials


def rulebook_of(desk: Desk) -> Written:
    """The rulebook as written.

    Raises
    ------
    DeskError
        It cannot be read.
    """
    written, why = written_of(desk)
    if written is None:
        raise DeskError(why)
    return written


def knobs_of(written: Written, rule: Rule) -> tuple[Knob, ...]:
    """What can be tried of a rule: nothing where it looks at other calls."""
    return () if asks_history(rule) else knobs(written, rule)


def newest(request: Request, user: User, rule: str) -> Outcome | None:
    """The newest trial of a user of a rule."""
    return trials_of(request).of(user.id, rule)
