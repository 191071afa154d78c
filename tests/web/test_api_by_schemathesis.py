"""The API against its own document: what schemathesis makes up is answered as the document says, never by a fault.

It would hardly come upon a call that there is: of the numbers of calls that it makes up, every other one is turned into
one of those.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from callaudit.desk import accounts, tokens
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from tests.web.calls import CALLS
from tests.web.conftest import Browser, browser

N_FEW, N_MANY = 3, 25
"""Examples of each operation and mode."""
UNSAYABLE = ("positive_data_acceptance", "negative_data_rejection", "use_after_free", "ensure_resource_availability")
"""What a document cannot say: that a place is within the call, that a rule was broken, that nobody was faster; and what
a query holds beyond what is asked for is no fault."""
NASTY = ("\x00", "a\x00b", "\ud800", "\U0001f600" * 500, "a\u202eb", "%00", "'; --", "\u0000\uffff")
"""Text that a database or a log could stumble over; PostgreSQL keeps no NUL, UTF-8 knows no half of a pair."""


@pytest.mark.parametrize("role", ["reviewer", "lead"])
def test_the_api_keeps_to_its_document(desk: Desk, role: str) -> None:
    _asks(desk, role, N_FEW)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["reviewer", "lead"])
def test_the_api_keeps_to_its_document_at_length(postgres_desk: Desk, role: str) -> None:
    _asks(postgres_desk, role, N_MANY)


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_no_text_is_a_fault(desk: Desk, text: str) -> None:
    _says(desk, text)


def test_no_text_is_a_fault_on_postgresql(postgres_desk: Desk) -> None:
    for text in NASTY:
        _says(postgres_desk, text)


def test_no_number_is_a_fault(desk: Desk) -> None:
    lead = _lead(desk)
    for number in (0, -1, 2**63, 2**64, 10**40):
        assert lead.get(f"/api/calls/{number}/review").status_code == 422
        assert lead.post("/api/calls/1/undo", json={"version": number - 1}).status_code in (409, 422)
        assert lead.get(f"/api/appeals?state=closed&before={number}").status_code == 422
    assert lead.get("/api/calls/9007199254740993/review").status_code == 404


def _says(desk: Desk, text: str) -> None:
    """Puts the text wherever the API takes one; it is kept as it is or refused."""
    lead = _lead(desk)
    review = lead.get("/api/calls/1/review").json()
    said = {"version": review["version"], "rule": review["broken"][0], "says": "upheld", "comment": text}
    kept = _post(lead, "/api/calls/1/opinions", said)
    assert kept.status_code in (201, 422)
    if kept.status_code == 201:
        assert text.strip() in [one["comment"] for one in kept.json()["opinions"]]
        again = kept.json()["version"]
        assert _post(lead, "/api/calls/1/undo", {"version": again}).status_code == 200
    assert _post(lead, "/api/calls/1/opinions", said | {"rule": text, "comment": ""}).status_code in (404, 409, 422)
    assert _post(lead, "/api/appeals/1/decision", {"version": 0, "granted": True, "answer": text}).status_code in (
        404, 422,
    )  # fmt: skip
    for path in ("/api/figures", "/api/figures/teams"):
        for name in ("team", "agent", "since", "period"):
            assert lead.get(path, params={name: text.encode("utf-8", "replace")}).status_code in (200, 422)


def _post(who: Browser, path: str, given: dict[str, Any]) -> Any:
    """Posts with escapes for whatever is not ASCII: halves of pairs, too."""
    return who.post(path, content=json.dumps(given), headers={"Content-Type": "application/json"})


def _lead(desk: Desk) -> Browser:
    return browser(make_app(desk), desk, "lead")


def _asks(desk: Desk, role: str, n_examples: int) -> None:
    """Asks each operation in ways that the document allows and in ways that it does not."""
    headers = {"Authorization": f"Bearer {_token(desk, role)}"}
    checks = {name: {"enabled": False} for name in UNSAYABLE}
    review = replace(desk.config.review, hosts=("testserver",))  # as schemathesis calls it
    schema: Any = schemathesis.openapi.from_asgi(
        "/api/openapi.json", make_app(replace(desk, config=replace(desk.config, review=review))), headers=headers,
        config=SchemathesisConfig.from_dict({"checks": checks}),
    )  # fmt: skip
    few = settings(
        max_examples=n_examples, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    faults: list[Exception] = []
    n_asked = 0
    for found in schema.get_all_operations():
        for mode in GenerationMode:

            @few
            @given(case=found.ok().as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                nonlocal n_asked
                n_asked += 1
                _known(case)
                case.call_and_validate(headers=headers)

            try:
                ask()
            except Exception as error:  # all of them are told at once
                faults.append(error)
    if faults:
        raise ExceptionGroup(f"of {n_asked} requests", faults)
    assert n_asked > 100


def _known(case: Any) -> None:
    """Every other call that is named is one that there is."""
    call_id = case.path_parameters.get("call_id")
    if isinstance(call_id, int) and call_id > 0 and call_id % 2:
        case.path_parameters["call_id"] = 1 + call_id % len(CALLS)


def _token(desk: Desk, role: str) -> str:
    """A token of a role that may write."""
    with desk.store.session() as session:
        user = accounts.named(session, role)
        return tokens.make(session, user, "test", may_write=True, days=None, now=desk.clock())


@pytest.mark.parametrize("number", ["²", "9" * 5000, "-1", "٣", ""], ids=ascii)
def test_no_number_of_a_form_is_a_fault(desk: Desk, number: str) -> None:
    lead = _lead(desk)
    form = {"which": "chosen", "call": f"{'0' * 64}:{number}", "share": [f"{number}:50", f"1:{number}"]}
    assert lead.post("/assignments", data=form).status_code == 200
    assert lead.post("/assignments/mine", data={"taken": f"{'0' * 64}:{number}"}).status_code == 422
    assert lead.post(f"/views/{2**63}/delete").status_code == 422
