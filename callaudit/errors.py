"""Every error a caller may catch.

CallauditError
├── ConfigError            a setting is unknown, missing or of the wrong kind
├── RulebookError          a rulebook file is wrong (file, line, field)
├── AudioError             a recording cannot be heard
│   ├── UnreadableAudio    missing, empty, corrupt, truncated, not permitted
│   ├── UnsupportedAudio   readable, but not a call this program can audit
│   └── FileChanged        the file no longer holds the recording that was found in it
├── SourceError            a storage of recordings does not answer; it may later
├── EngineError            a model or a decoder failed
│   └── ModelMissing       weights are not on this machine
├── AuditError             a stored audit is none, or lacks what a judgement needs
├── StoreError             the database cannot be reached or refused
│   └── LeaseLost          the task became another run's while it was worked on
├── NightAtWork            another night is at work on the same store and out folder
├── DeskError              what somebody wanted to do at the review desk cannot be done as it was asked
│   ├── NotAllowed         their role does not allow it
│   ├── NotThere           there is no such thing, or they may not see it
│   └── Stale              somebody else changed it after they had looked
└── LabelError             a label, or an audit to be held against it, is wrong (file, line, field)

A message says what, where, what was wanted, what was got and what to do next, on one line.
Every one survives pickling: the message is the only argument.
"""

from __future__ import annotations


class CallauditError(Exception):
    """Root of the errors that the world, not a bug, has caused."""


class ConfigError(CallauditError):
    """A setting is unknown, missing or of the wrong kind."""


class RulebookError(CallauditError):
    """A rulebook file is wrong; the message names file, line and field."""


class AudioError(CallauditError):
    """A recording cannot be heard."""


class UnreadableAudio(AudioError):
    """The file is missing, empty, corrupt, truncated or not permitted."""


class UnsupportedAudio(AudioError):
    """The file is readable audio, but not a call this program can audit."""


class FileChanged(AudioError):
    """The file no longer holds the recording that was found in it."""


class SourceError(CallauditError):
    """A storage of recordings does not answer, or has no room; it may later."""


class EngineError(CallauditError):
    """A model or a decoder failed."""


class ModelMissing(EngineError):
    """The weights of a model are not on this machine."""


class AuditError(CallauditError):
    """A stored audit is none, or lacks what a judgement needs."""


class StoreError(CallauditError):
    """The database cannot be reached, or refused."""


class Unstorable(StoreError):
    """The database cannot keep what it was given, e.g. a NUL in a text; nothing was done."""


class LeaseLost(StoreError):
    """The task became another run's while it was worked on; that run's outcome counts."""


class LabelError(CallauditError):
    """A label of a call, or an audit to be held against it, is wrong; the message names file, line and field."""


class NightAtWork(CallauditError):
    """Another night is at work on the same store and out folder."""


class DeskError(CallauditError):
    """What somebody wanted to do at the review desk cannot be done as it was asked; the message is for them."""


class NotAllowed(DeskError):
    """The role of whoever asks does not allow it."""


class NotThere(DeskError):
    """There is no such thing, or whoever asks may not see it."""


class Stale(DeskError):
    """Somebody else changed it after whoever asks had looked."""
