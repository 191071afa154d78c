"""Labels as people write them: the least that counts, and every fault by file, line and field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import callaudit.evaluation
from callaudit.errors import LabelError
from callaudit.evaluation import Truth, find_labels, read_label, read_labels
from callaudit.evaluation.labels import call_id
from callaudit.spans import Span

MANUAL = Path(callaudit.evaluation.__file__).with_name("README.md")


def test_a_label_of_rules_alone_is_a_label(label: Callable[..., Truth]) -> None:
    truth = label(violations=["never-say-wei"], passes=["opening-greeting-word"])
    assert truth.rules == (("never-say-wei", "violated"), ("opening-greeting-word", "passed"))
    assert truth.turns is None
    assert truth.holds is None
    assert not truth.ring_labelled


def test_no_ringing_is_not_the_same_as_nobody_looked(label: Callable[..., Truth]) -> None:
    assert label(ring=None).ring_labelled
    assert not label(turns=[]).ring_labelled


def test_overlaps_follow_from_turns_where_nobody_wrote_them(label: Callable[..., Truth]) -> None:
    turns = [{"role": "agent", "start": 0, "end": 5}, {"role": "customer", "start": 4, "end": 6.5}]
    assert label(turns=turns).talked_over() == (Span(4.0, 5.0),)
    assert label(turns=turns, overlaps=[]).talked_over() == ()


@pytest.mark.parametrize("name", re.findall(r"<!-- label: (\S+) -->", MANUAL.read_text(encoding="utf-8")))
def test_the_labels_of_the_manual_are_labels(tmp_path: Path, name: str) -> None:
    text = MANUAL.read_text(encoding="utf-8")
    found = re.search(rf"<!-- label: {name} -->\n```json\n(.*?)```", text, flags=re.DOTALL)
    assert found is not None
    path = tmp_path / f"{name}.json"
    path.write_text(found[1], encoding="utf-8")
    truth = read_label(path)
    assert truth.id == name
    assert truth.rules or truth.turns


def test_the_manual_has_labels() -> None:
    assert MANUAL.read_text(encoding="utf-8").count("<!-- label: ") >= 2


GOOD: dict[str, Any] = {
    "duration": 30.0,
    "turns": [
        {"role": "agent", "start": 1.0, "end": 2.0, "text": "您好"},
        {"role": "customer", "start": 2.5, "end": 4.0, "text": "喂"},
    ],
    "violations": ["never-say-wei"],
}


def spoiled(**changes: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(GOOD)), **changes}


TURN = GOOD["turns"][0]
FAULTS = {
    "mistyped list": (spoiled(violatons=["a"]), "violatons: unknown; did you mean 'violations'?"),
    "mistyped key of a turn": (
        spoiled(turns=[{**TURN, "txet": "a"}]),
        r"turns\[0\].txet: unknown; did you mean 'text'",
    ),
    "wrong role": (spoiled(turns=[{**TURN, "role": "坐席"}]), r"turns\[0\].role: input should be 'agent'.*got '坐席'"),
    "missing end": (spoiled(turns=[{"role": "agent", "start": 1}]), r"turns\[0\].end: missing; add it"),
    "ends before it starts": (spoiled(turns=[{**TURN, "end": 0.5}]), r"turns\[0\].end: 0.5 is not after start 1"),
    "milliseconds": (spoiled(turns=[{**TURN, "end": 2000}]), r"turns\[0\].end: 2000 lies behind the end of the call"),
    "text for a number": (spoiled(duration="30"), "duration: input should be a valid number, got '30'"),
    "negative time": (spoiled(hangup={"by": "agent", "at": -1}), "hangup.at: input should be greater than or equal"),
    "one rule twice": (spoiled(passes=["never-say-wei"]), r"passes\[0\]: 'never-say-wei' is already in violations"),
    "hang-up of nobody": (
        spoiled(hangup={"by": "system", "at": 3}),
        "hangup.by: input should be 'agent' or 'customer'",
    ),
    "a list": ([1], "wanted an object"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_names_file_line_and_field(tmp_path: Path, kind: str) -> None:
    data, message = FAULTS[kind]
    path = tmp_path / "call.json"
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    with pytest.raises(LabelError, match=message) as fault:
        read_label(path)
    assert re.match(rf"{re.escape(str(path))}:\d+: ", str(fault.value))
    assert "\n" not in str(fault.value)


def test_the_line_is_that_of_the_field(tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    path.write_text('{\n "turns": [\n  {"role": "agent",\n   "start": 1,\n   "end": 0}]}', encoding="utf-8")
    with pytest.raises(LabelError, match=r"call\.json:5: turns\[0\]\.end"):
        read_label(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"turns": [}', r"call\.json:1: not JSON at column 12"),
        (b'{"duration": NaN}', "NaN is no number"),
        ("{}".encode("utf-16"), "wanted UTF-8"),
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_json_says_so(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "call.json"
    path.write_bytes(content)
    with pytest.raises(LabelError, match=message):
        read_label(path)


def test_a_bad_label_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    (tmp_path / "b.json").write_text('{"passes": ["x"]}', encoding="utf-8")
    truths, faults = read_labels(find_labels(tmp_path))
    assert [truth.id for truth in truths] == ["b"]
    assert len(faults) == 1


def test_labels_beside_audits_and_sidecars_are_told_apart(tmp_path: Path) -> None:
    for name in ("a.label.json", "a.audit.json", "a.meta.json", "notes.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    assert [call_id(path) for path in find_labels(tmp_path)] == ["a"]
    (tmp_path / "a.label.json").unlink()
    assert [call_id(path) for path in find_labels(tmp_path)] == ["notes"]


def test_only_some(data: Path) -> None:
    assert len(find_labels(data / "labels", "d1*")) == 4
    with pytest.raises(LabelError, match="none of its 10 truth files matches"):
        find_labels(data / "labels", "x*")


def test_a_folder_without_labels_says_what_was_wanted(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="no truth file"):
        find_labels(tmp_path)
    with pytest.raises(LabelError, match="no such folder"):
        find_labels(tmp_path / "nowhere")
