"""File names as people and JSON can take them: a name may hold any byte, a report may not."""

from __future__ import annotations

import os
import unicodedata

AUDIO_SUFFIXES = frozenset({
    ".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".spx", ".mp3", ".m4a", ".m4b", ".mp4", ".mov",
    ".3gp", ".3g2", ".aac", ".amr", ".awb", ".gsm", ".g722", ".g729", ".wma", ".asf", ".mka", ".mkv", ".webm", ".caf",
    ".aiff", ".aif", ".aifc", ".au", ".snd",
})  # fmt: skip
"""Endings, in lower case, of the formats that `callaudit.audio.decode` takes."""

# Control, format (bidi overrides), surrogate (bytes that are not UTF-8), unassigned, line and paragraph separators.
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


def printable(path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> str:
    r"""The path as text that prints on one line and encodes as UTF-8; what cannot be shown is backslash-escaped.

    >>> printable("通话 01.wav")
    '通话 01.wav'
    >>> printable(b"call-\xff\n.wav")
    'call-\\udcff\\n.wav'
    """
    text = os.fsdecode(path)
    return "".join(_escaped(c) if unicodedata.category(c) in UNPRINTABLE else c for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
