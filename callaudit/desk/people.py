"""Who works at the desk, and what each may do: one table, which pages, API and tests read."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, cast, get_args

from callaudit.config import DeskRole
from callaudit.store.desk_tables import UserRow

Role = DeskRole
Act = Literal[
    "see calls", "see all calls", "hear unmuted", "search", "judge", "assign", "appeal", "decide appeals", "calibrate",
    "see figures", "learn", "export", "share views", "manage accounts", "see trail", "make tokens",
]  # fmt: skip

ROLES: Final[tuple[Role, ...]] = get_args(Role)
LEADS: Final[frozenset[Role]] = frozenset({"admin", "lead"})
JUDGES: Final[frozenset[Role]] = LEADS | {"reviewer"}

RIGHTS: Final = MappingProxyType[Act, frozenset[Role]](
    {
        "see calls": frozenset(ROLES),  # an agent: own ones alone
        "see all calls": JUDGES,
        "hear unmuted": LEADS,
        "search": JUDGES,
        "judge": JUDGES,
        "assign": LEADS,
        "appeal": frozenset({"agent"}),
        "decide appeals": LEADS,
        "calibrate": LEADS,
        "see figures": JUDGES,
        "learn": JUDGES,
        "export": LEADS,
        "share views": LEADS,
        "manage accounts": frozenset({"admin"}),
        "see trail": LEADS,
        "make tokens": JUDGES,
    }
)
"""Who may do what."""


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in; `agent_id` is whose calls an agent sees, `may_write` False for a token that only reads."""

    id: int
    name: str
    shown_name: str
    role: Role
    agent_id: str | None = None
    language: str | None = None
    may_write: bool = True

    def may(self, act: Act) -> bool:
        """Whether the role allows it."""
        return self.role in RIGHTS[act]

    def sees(self, agent_id: str | None) -> bool:
        """Whether a call of that agent is one of those the user may open."""
        return self.may("see all calls") or (agent_id is not None and agent_id == self.agent_id)


def user_from(row: UserRow, *, may_write: bool = True) -> User:
    """The user of an account."""
    return User(
        row.id, row.name, row.shown_name, cast(Role, row.role), row.agent_id, row.language, may_write
    )  # the table holds no other roles
