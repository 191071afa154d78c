"""Truth files: which there are in a folder, and each as a checked `Truth`.

The layout is documented in README.md beside this file. Every field but one is optional; whatever is there must be
right, and a fault is named by file, line and field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from callaudit.errors import LabelError
from callaudit.evaluation.faults import Fault, fault_of, read_json
from callaudit.evaluation.truth import Label, TrueChar, Truth, TruthRing, TruthTurn
from callaudit.evaluation.written import plain
from callaudit.spans import Span

SUFFIX: Final = ".label.json"
NOT_LABELS: Final = (".meta.json", ".audit.json")
SLACK_S: Final = 1.0
"""A time may lie this far behind the end of the call: labels are rounded, and codecs cut to frames."""

_STRICT = ConfigDict(strict=True, allow_inf_nan=False, str_strip_whitespace=True)
Seconds = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class _Stretch:
    __pydantic_config__ = _STRICT

    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True)
class _Turn:
    __pydantic_config__ = _STRICT

    role: Literal["agent", "customer", "other"]
    start: Seconds
    end: Seconds
    text: str | None = None
    chars: Annotated[int, Field(ge=0)] | None = None
    chars_per_min: Annotated[float, Field(gt=0)] | None = None
    level_dbov: Annotated[float, Field(le=0)] | None = None
    char_times: tuple[tuple[str, Seconds, Seconds], ...] = ()


@dataclass(frozen=True, slots=True)
class _Ring:
    __pydantic_config__ = _STRICT

    answer: Seconds
    kind: Literal["tone", "music"] = "tone"
    count: Annotated[int, Field(ge=0)] | None = None


@dataclass(frozen=True, slots=True)
class _Hangup:
    __pydantic_config__ = _STRICT

    by: Literal["agent", "customer"]
    at: Seconds


@dataclass(frozen=True, slots=True)
class _Label:
    __pydantic_config__ = _STRICT

    audio: str | None = None
    duration: Annotated[float, Field(gt=0)] | None = None
    layout: Literal["stereo", "mono", "dual-mono"] | None = None
    ring: _Ring | None = None
    turns: tuple[_Turn, ...] | None = None
    holds: tuple[_Stretch, ...] | None = None
    events: tuple[_Stretch, ...] = ()
    overlaps: tuple[_Stretch, ...] | None = None
    hangup: _Hangup | None = None
    violations: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


@cache
def _adapter() -> TypeAdapter[_Label]:
    return TypeAdapter(_Label)  # slow to make; no audit needs it


_LISTS: Final[tuple[tuple[str, Label], ...]] = (
    ("violations", "violated"),
    ("passes", "passed"),
    ("not_applicable", "not_applicable"),
)
_KNOWN: Final[dict[type, tuple[str, ...]]] = {
    kind: tuple(own.name for own in fields(kind)) for kind in (_Label, _Turn, _Ring, _Hangup, _Stretch)
}
_OTHERS: Final = (
    *("id", "title", "direction", "start_time", "codec", "language", "metadata", "silences", "notes"),
    *("country", "rings", "start", "kind", "leg", "role", "end", "note"),
)
"""Keys that labels also carry and that need no check here; a near miss of a key is a typing error, any other is not."""


def find_labels(folder: Path, only: str | None = None) -> tuple[Path, ...]:
    """The truth files of a folder, by name.

    Those named `*.label.json` where there are any, else every `*.json` that is no sidecar and no audit and does not
    begin with `_`.

    Parameters
    ----------
    folder : of the labels
    only : shell pattern that the call's id must match

    Raises
    ------
    LabelError
        There is no such folder, or no label in it.
    """
    if not folder.is_dir():
        raise LabelError(f"{folder}: no such folder; wanted the folder of the truth files (<call>.json)")
    files = sorted(path for path in folder.glob("*.json") if not path.name.startswith("_"))
    marked = [path for path in files if path.name.endswith(SUFFIX)]
    labels = marked or [path for path in files if not path.name.endswith(NOT_LABELS)]
    if not labels:
        raise LabelError(f"{folder}: no truth file (<call>.json) in this folder; see callaudit/evaluation/README.md")
    chosen = tuple(path for path in labels if only is None or fnmatch(call_id(path), only))
    if not chosen:
        raise LabelError(f"{folder}: none of its {len(labels)} truth files matches --only {only!r}; quote the pattern")
    return chosen


def call_id(path: Path) -> str:
    """What a call is called: the name of its truth file without its ending.

    >>> call_id(Path("labels/d01.json")), call_id(Path("samples/a.label.json"))
    ('d01', 'a')
    """
    return path.name.removesuffix(SUFFIX) if path.name.endswith(SUFFIX) else path.name.removesuffix(".json")


def read_labels(paths: Sequence[Path]) -> tuple[tuple[Truth, ...], tuple[LabelError, ...]]:
    """The truths that can be read, and a fault for each that cannot."""
    truths: list[Truth] = []
    faults: list[LabelError] = []
    for path in paths:
        try:
            truths.append(read_label(path))
        except LabelError as fault:
            faults.append(fault)
    return tuple(truths), tuple(faults)


def read_label(path: Path) -> Truth:
    """The truth of one file.

    Raises
    ------
    LabelError
        It cannot be read, is not JSON, or a field is wrong; the message names file, line and field.
    """
    text, data = read_json(path)
    if not isinstance(data, dict):
        raise LabelError(f"{path}:1: wanted an object {{…}} with turns or rules, got something else")
    try:
        label = _adapter().validate_json(text)
    except ValidationError as error:
        raise fault_of(path, error) from error
    try:
        _check_names(data)
        return _truth(call_id(path), label, ring_labelled="ring" in data)
    except Fault as fault:
        raise fault.at(path) from None


def _check_names(data: dict[str, Any]) -> None:
    """Refuse keys that are nearly one we know: a mistyped list would silently count for nothing."""
    _check_keys(data, _Label, ())
    for place, turn in enumerate(data.get("turns") or ()):
        _check_keys(turn, _Turn, ("turns", place))


def _check_keys(given: dict[str, Any], kind: type, where: tuple[str | int, ...]) -> None:
    known = _KNOWN[kind]
    for key in given:
        near = get_close_matches(key, known, n=1, cutoff=0.7)
        if key not in known and key not in _OTHERS and near:
            raise Fault((*where, key), f"unknown; did you mean {near[0]!r}? Rename it if not")


def _truth(name: str, label: _Label, *, ring_labelled: bool) -> Truth:
    _check_times(label)
    turns = None if label.turns is None else tuple(_turn(turn) for turn in label.turns)
    return Truth(
        id=name,
        audio=label.audio,
        duration_s=label.duration,
        layout=None if label.layout is None else "stereo" if label.layout == "stereo" else "mono",
        ring_labelled=ring_labelled,
        ring=None if label.ring is None else TruthRing(label.ring.kind, label.ring.answer, label.ring.count),
        turns=turns,
        holds=_spans(label.holds),
        events=_spans(label.events) or (),
        overlaps=_spans(label.overlaps),
        hangup_by=label.hangup.by if label.hangup else None,
        hangup_at_s=label.hangup.at if label.hangup else None,
        rules=_rules(label),
        channels=label.channels,
    )


def _check_times(label: _Label) -> None:
    stretches: dict[str, Sequence[_Stretch | _Turn]] = {
        "turns": label.turns or (),
        "holds": label.holds or (),
        "events": label.events,
        "overlaps": label.overlaps or (),
    }
    for name, row in stretches.items():
        for place, one in enumerate(row):
            if not one.end > one.start:
                raise Fault((name, place, "end"), f"{one.end:g} is not after start {one.start:g}; times are in seconds")
            _check_end((name, place, "end"), one.end, label.duration)
    if label.hangup:
        _check_end(("hangup", "at"), label.hangup.at, label.duration)
    if label.ring:
        _check_end(("ring", "answer"), label.ring.answer, label.duration)


def _check_end(where: tuple[str | int, ...], time_s: float, duration_s: float | None) -> None:
    if duration_s is not None and time_s > duration_s + SLACK_S:
        said = f"{time_s:g} lies behind the end of the call ({duration_s:g} s)"
        raise Fault(where, f"{said}; times are seconds from the start of the recording")


def _turn(given: _Turn) -> TruthTurn:
    n_chars = given.chars if given.chars is not None else len(plain(given.text or ""))
    chars = tuple(TrueChar(*char) for char in given.char_times)
    span = Span(given.start, given.end)
    return TruthTurn(given.role, span, given.text, chars, given.level_dbov, given.chars_per_min, n_chars)


def _spans(given: tuple[_Stretch, ...] | None) -> tuple[Span, ...] | None:
    return None if given is None else tuple(Span(one.start, one.end) for one in given)


def _rules(label: _Label) -> tuple[tuple[str, Label], ...]:
    """Each rule that was judged, with its label; a rule in two lists contradicts itself."""
    judged: dict[str, tuple[str, Label]] = {}
    for name, status in _LISTS:
        for place, rule in enumerate(getattr(label, name)):
            if rule in judged:
                raise Fault((name, place), f"{rule!r} is already in {judged[rule][0]}; a rule gets one label a call")
            judged[rule] = (name, status)
    return tuple((rule, status) for rule, (_, status) in judged.items())
