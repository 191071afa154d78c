"""Moments as people read them: in the time of the machine that runs the desk."""

from __future__ import annotations

from datetime import datetime, timedelta


def moment(at: datetime | None) -> str:
    """Day and minute; empty where there is none.

    >>> len(moment(datetime.now().astimezone()))
    16
    """
    return "" if at is None else at.astimezone().replace(tzinfo=None).isoformat(" ", "minutes")


def offset_at(at: datetime) -> timedelta:
    """How far the clocks here are ahead of UTC."""
    return at.astimezone().utcoffset() or timedelta(0)
