"""What is known about a call besides its sound: options over sidecar over file name over defaults.

The sidecar of `call.wav` is `call.meta.json`, a JSON object. What none of them says is missing, never guessed; what one
of them says wrongly is an error, never dropped. A time without a zone is the local time of the place where the call was
recorded, and stays without one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from callaudit.audio.names import printable
from callaudit.errors import ConfigError
from callaudit.records import CallMetadata, Speaker

SIDECAR_SUFFIX = ".meta.json"
MOST_SIDECAR_BYTES = 1 << 20
TEXT_FIELDS = (
    "company", "department", "agent_id", "agent_name", "customer_number", "customer_name", "sector", "holiday",
    "call_type",
)  # fmt: skip
DIRECTIONS = {
    "inbound": "inbound", "incoming": "inbound", "in": "inbound", "呼入": "inbound",
    "outbound": "outbound", "outgoing": "outbound", "out": "outbound", "呼出": "outbound",
}  # fmt: skip
PARTIES = {"agent": "agent", "customer": "customer"}
COMPACT_TIME = re.compile(r"(\d{8})[T _-]?(\d{6})$")  # as recorders write it into file names


def read_metadata(
    file: Path,
    *,
    overrides: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    filename_pattern: str | None = None,
    named: str | None = None,
) -> CallMetadata:
    r"""Metadata of a recording, field by field from the first source that has it.

    Parameters
    ----------
    file : the recording; need not exist
    overrides : what outranks everything (options of the command line)
    defaults : what everything outranks (settings)
    filename_pattern : regular expression, searched for in the file's stem, whose named groups are fields
    named : where the file really lies, for messages, if `file` is but a copy

    Raises
    ------
    ConfigError
        A source cannot be read, or a field holds what it cannot mean; the message names both.

    Examples
    --------
    >>> read_metadata(Path("8016_inbound.wav"), filename_pattern=r"(?P<agent_id>\d+)_(?P<direction>\w+)").agent_id
    '8016'
    """
    name = printable(file if named is None else named)
    sidecar = _sidecar(file)
    sidecar_name = printable(sidecar if named is None else f"{named.rpartition('/')[0]}/{sidecar.name}")
    known: dict[str, object] = {}
    extra: dict[str, str] = {}
    for source, values in (
        ("the settings", defaults or {}),
        (f"the file name of {name}", _from_name(file, filename_pattern)),
        (sidecar_name, _from_sidecar(sidecar, sidecar_name)),
        (f"the options for {name}", overrides or {}),
    ):
        for key, value in values.items():
            if value is None or value == "":
                continue
            if key in READERS:
                known[key] = _read(key, value, source)
            else:
                extra[key] = _as_text(value)
    known["extra"] = tuple(sorted(extra.items()))
    return CallMetadata(**cast("dict[str, Any]", known))


def _read(key: str, value: object, source: str) -> object:
    wanted, reader = READERS[key]
    try:
        return reader(value)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{source}: field {key!r}: wanted {wanted}, got {value!r}; correct or remove it") from error


def _sidecar(file: Path) -> Path:
    return file.with_name(file.stem + SIDECAR_SUFFIX)


def _from_sidecar(sidecar: Path, name: str) -> Mapping[str, object]:
    try:
        with sidecar.open("rb") as file:
            raw = file.read(MOST_SIDECAR_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read ({error.strerror or error}); correct or remove it") from error
    if len(raw) > MOST_SIDECAR_BYTES:
        raise ConfigError(f"{name}: wanted metadata of at most {MOST_SIDECAR_BYTES} bytes; correct or remove it")
    try:
        values = json.loads(_decoded(raw))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: wanted UTF-8 (or GB 18030) text; save it as UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise ConfigError(f"{name}: not JSON ({where}); correct or remove it") from error
    except RecursionError as error:
        raise ConfigError(f"{name}: JSON nested too deep; correct or remove it") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{name}: wanted a JSON object of fields, got {type(values).__name__}; correct or remove it")
    return values


def _decoded(raw: bytes) -> str:
    """Text of a sidecar: UTF-16 where so marked, else UTF-8, else GB 18030, which Chinese Windows still writes."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def _from_name(file: Path, pattern: str | None) -> Mapping[str, object]:
    if pattern is None:
        return {}
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"filename_pattern: not a regular expression ({error}): {pattern!r}; correct it") from error
    if not compiled.groupindex:
        raise ConfigError(f"filename_pattern: no named group such as (?P<agent_id>…) in {pattern!r}; name its groups")
    found = compiled.search(file.stem)
    groups = found.groupdict() if found else {}
    return {key: printable(value) for key, value in groups.items() if value}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise TypeError("not text")
    return value.strip()


def _one_of(names: Mapping[str, str]) -> Callable[[object], str]:
    def read(value: object) -> str:
        text = _text(value).lower()
        if text not in names:
            raise ValueError("none of the names")
        return names[text]

    return read


def _moment(value: object) -> datetime:
    text = _text(value)
    if compact := COMPACT_TIME.match(text):
        return datetime.strptime("".join(compact.groups()), "%Y%m%d%H%M%S")  # local time, see above
    if len(text) <= len("2026-11-20"):
        raise ValueError("a date without a time")
    return datetime.fromisoformat(text)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("not a number")
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError("not a length of time")
    return number


def _roles(value: object) -> tuple[tuple[int, Speaker], ...]:
    pairs = value.items() if isinstance(value, dict) else [part.split("=", 1) for part in _text(value).split(",")]
    roles = tuple(sorted((int(channel), cast(Speaker, _one_of(PARTIES)(party))) for channel, party in pairs))
    if any(channel < 0 for channel, _ in roles):
        raise ValueError("a channel below 0")
    if len({channel for channel, _ in roles}) < len(roles) or len({party for _, party in roles}) < len(roles):
        raise ValueError("a channel or party twice")
    return roles


Reader = tuple[str, Callable[[object], object]]
READERS: dict[str, Reader] = {
    **{key: ("text", _text) for key in TEXT_FIELDS},
    "direction": ("inbound or outbound", _one_of(DIRECTIONS)),
    "started_at": ("a date and time as 2026-11-20T10:00:00+08:00", _moment),
    "queue_s": ("seconds, at least 0", _seconds),
    "hangup_by": ("agent or customer", _one_of(PARTIES)),
    "roles": ("channels with their party as 0=agent,1=customer", _roles),
}
"""How each field is read and what it wants; together they are the fields of `CallMetadata`, `extra` apart."""

assert set(READERS) == {field.name for field in fields(CallMetadata)} - {"extra"}
