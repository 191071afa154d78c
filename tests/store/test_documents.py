"""Documents of the store: what is read is what was written, and findings can be taken over as bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from callaudit.errors import StoreError
from callaudit.store.documents import Judged, line, packed, packed_judgement, unpacked, unpacked_judgement

TEXTS = st.text(st.characters(codec="utf-8")) | st.sampled_from(["\n],", ",\n", '{"findings":[\n', "\u2028", "您好"])
VALUES = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | TEXTS
FINDINGS = st.lists(st.dictionaries(TEXTS, VALUES | st.lists(VALUES)))
REST: dict[str, Any] = {"failures": [], "score": {"value": 0.1, "why": "\n],"}, "report_language": "zh"}


@given(FINDINGS)
def test_a_judgement_is_read_as_it_was_written(findings: list[dict[str, Any]]) -> None:
    document = {"findings": findings, **REST}
    lines = tuple(map(line, findings))
    kept = packed_judgement(lines, REST)
    assert unpacked_judgement(kept) == unpacked_judgement(packed(document)) == Judged(lines, REST)
    assert json.dumps(unpacked(kept)) == json.dumps(unpacked(packed(document))) == json.dumps(document)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        packed({"value": number})
    with pytest.raises(ValueError, match="JSON"):
        packed_judgement((), {"value": number})


@pytest.mark.parametrize("kept", [b"x", zstandard.compress(b"x"), zstandard.compress(b'{"findings":[\n{}\n],')])
def test_damage_is_told(kept: bytes) -> None:
    for read in (unpacked, unpacked_judgement):
        with pytest.raises(StoreError, match="damaged"):
            read(kept)
