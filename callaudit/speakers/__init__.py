"""Who speaks when, and who of them is the agent."""

from callaudit.speakers.by_voice import split_by_voice
from callaudit.speakers.roles import assign_roles

__all__ = ["assign_roles", "split_by_voice"]
