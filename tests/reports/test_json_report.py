from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from callaudit.records import Audit, Failed, Measurement, Recording
from callaudit.reports import render, render_many
from callaudit.reports.json import audit_document

CONTRACT_KEYS = [
    "schema", "recording", "timeline", "turns", "measurements", "findings", "failures", "score", "made_by",
]  # fmt: skip


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(files("callaudit.reports").joinpath("audit.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def with_recording(audit: Audit, **changes: object) -> Audit:
    recording: Recording = replace(audit.call.recording, **changes)  # type: ignore[arg-type]  # test data
    return replace(audit, call=replace(audit.call, recording=recording))


def test_every_audit_fits_the_schema(audit: Audit, clean: Audit, validator: Draft202012Validator) -> None:
    for one in (audit, clean):
        assert [error.message for error in validator.iter_errors(json.loads(render(one, "json")))] == []


def test_schema_refuses_what_the_contract_forbids(audit: Audit, validator: Draft202012Validator) -> None:
    document = json.loads(render(audit, "json"))
    assert not validator.is_valid({**document, "schema": "callaudit.audit/2"})
    assert not validator.is_valid({key: value for key, value in document.items() if key != "score"})
    document["findings"][0]["status"] = "ok"
    assert not validator.is_valid(document)


def test_keys_come_in_the_order_of_the_contract(audit: Audit) -> None:
    assert list(audit_document(audit))[: len(CONTRACT_KEYS)] == CONTRACT_KEYS


def test_one_recording_is_an_object_several_are_an_array(audit: Audit, clean: Audit, failed: Failed) -> None:
    assert json.loads(render(audit, "json"))["recording"]["id"] == audit.call.recording.id
    many = json.loads(render_many([audit, clean], [failed], "json"))
    assert [document["schema"] for document in many] == ["callaudit.audit/1"] * 2 + ["callaudit.failed/1"]
    assert many[2]["error"] == failed.error


def test_numbers_are_rounded_and_times_stay_spans(audit: Audit) -> None:
    document = json.loads(render(audit, "json"))
    assert document["measurements"][0]["value"] == 0.6867
    for word in document["turns"][0]["words"]:
        assert word["end_s"] > word["start_s"]
        assert word["start_s"] == round(word["start_s"], 3)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_not_a_number_is_refused(audit: Audit, value: float) -> None:
    call = replace(audit.call, measurements=(Measurement("x", value, "s"),))
    with pytest.raises(ValueError, match="not JSON compliant"):
        render(replace(audit, call=call), "json")


def test_a_channel_of_both_parties_has_no_role(clean: Audit, audit: Audit) -> None:
    assert json.loads(render(clean, "json"))["recording"]["roles"] == {"0": "unknown"}
    assert json.loads(render(audit, "json"))["recording"]["roles"] == {"0": "agent", "1": "customer"}


def test_a_file_name_that_is_no_utf8_can_be_written(audit: Audit) -> None:
    text = render(with_recording(audit, path="calls/\udcff.wav"), "json")
    assert "calls/\ufffd.wav" in text.encode("utf-8").decode("utf-8")
