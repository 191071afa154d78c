"""Where the data of these tests lies, and little calls with known answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callaudit.evaluation import Evaluation, Truth, evaluate, find_labels, read_hypothesis, read_label

DATA = Path(__file__).parent / "data"


@pytest.fixture
def data() -> Path:
    """Ten calls: labels, spoiled audits of nine of them, and what the reference scorer says of these."""
    return DATA


@pytest.fixture(scope="session")
def measured() -> Evaluation:
    """The evaluation of the calls in `data`."""
    truths = [read_label(path) for path in find_labels(DATA / "labels")]
    found = {truth.id: DATA / "audits" / f"{truth.id}.json" for truth in truths}
    audits = {name: heard for name, path in found.items() if path.is_file() and (heard := read_hypothesis(path))}
    return evaluate(truths, audits)


@pytest.fixture
def label(tmp_path: Path) -> Callable[..., Truth]:
    """Writes a label and reads it back."""

    def write(name: str = "call", **fields: Any) -> Truth:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")
        return read_label(path)

    return write
