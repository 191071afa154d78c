"""Who speaks when, and who of them is the agent."""

from callaudit.speakers.announcements import machine_party, part_announcements
from callaudit.speakers.by_voice import split_by_voice
from callaudit.speakers.roles import assign_roles
from callaudit.speakers.said import Said, likeness

__all__ = ["Said", "assign_roles", "likeness", "machine_party", "part_announcements", "split_by_voice"]
