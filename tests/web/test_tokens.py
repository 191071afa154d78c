"""Tokens for the API: made on a page, shown once, used without a cookie."""

from __future__ import annotations

import re
from collections.abc import Callable

from fastapi import FastAPI
from sqlalchemy import select

from callaudit.desk import accounts
from callaudit.store.desk_tables import TokenRow
from callaudit.web.desk import Desk
from tests.web.calls import NOW
from tests.web.conftest import Browser, Clock, browser

Client = Callable[..., Browser]


def make(client: Client, name: str = "lead", **data: str) -> str:
    """A token, made by the page."""
    page = client(name).post("/me/tokens", data={"name": "数据仓库", **data})
    assert page.status_code == 200
    found = re.search(r">(callaudit_[\w-]{40,})<", page.text)
    assert found is not None
    return found[1]


def bearer(app: FastAPI, desk: Desk, token: str) -> Browser:
    made = browser(app, desk)
    made.headers |= {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return made


def test_a_token_is_shown_once_and_kept_as_a_digest(client: Client, app: FastAPI, desk: Desk) -> None:
    token = make(client)
    assert token not in client("lead").get("/me").text
    assert "数据仓库" in client("lead").get("/me").text
    assert token not in str(desk.store.transact(lambda s: s.execute(select(TokenRow.digest)).all(), write=False))
    me = bearer(app, desk, token).get("/api/me").json()
    assert (me["name"], me["role"], me["may_write"]) == ("lead", "lead", False)


def test_a_token_needs_no_proof_of_a_form_and_only_writes_if_it_may(client: Client, app: FastAPI, desk: Desk) -> None:
    reads, writes = (bearer(app, desk, make(client, may_write=flag)) for flag in ("0", "1"))
    assert reads.post("/api/calls/1/undo", json={}).status_code == 403
    assert writes.post("/api/calls/1/undo", json={}).status_code == 422
    assert writes.delete("/api/me").status_code == 405


def test_a_token_opens_no_pages_and_makes_no_tokens(client: Client, app: FastAPI, desk: Desk) -> None:
    one = bearer(app, desk, make(client, may_write="1"))
    assert one.get("/me").status_code == 401
    assert one.get("/calls/1/sound").status_code == 401
    assert one.post("/me/tokens", data={"name": "more"}).status_code in (401, 403)


def test_a_token_ends(client: Client, app: FastAPI, desk: Desk, clock: Clock) -> None:
    one = bearer(app, desk, make(client, days="30"))
    clock.passes(days=29)
    assert one.get("/api/me").status_code == 200
    clock.passes(days=1)
    gone = one.get("/api/me")
    assert gone.status_code == 401
    assert gone.headers["www-authenticate"] == "Bearer"


def test_a_token_is_revoked(client: Client, app: FastAPI, desk: Desk) -> None:
    one = bearer(app, desk, make(client))
    assert one.get("/api/me").status_code == 200
    assert client("second").post("/me/tokens/1/revoke", follow_redirects=False).status_code == 404
    assert one.get("/api/me").status_code == 200
    assert client("lead").post("/me/tokens/1/revoke", follow_redirects=False).status_code == 303
    assert one.get("/api/me").status_code == 401


def test_a_token_ends_with_its_account(client: Client, app: FastAPI, desk: Desk) -> None:
    one = bearer(app, desk, make(client))
    with desk.store.session() as session:
        accounts.disable(session, "test", accounts.named(session, "lead").id, now=NOW)
    assert one.get("/api/me").status_code == 401


def test_a_wrong_token_outranks_a_cookie(client: Client) -> None:
    lead = client("lead")
    for wrong in ("callaudit_x", "", "Bearer"):
        assert lead.get("/api/me", headers={"Authorization": f"Bearer {wrong}"}).status_code == 401


def test_agents_make_no_tokens(client: Client) -> None:
    agent = client("agent")
    assert agent.post("/me/tokens", data={"name": "x"}).status_code == 403
    assert "/me/tokens" not in agent.get("/me").text


def test_the_document_of_the_api_names_what_is_below_api_alone(client: Client) -> None:
    document = client("reviewer").get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/me" in document["paths"]
    assert all(path.startswith("/api/") for path in document["paths"])
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    for path, acts in document["paths"].items():
        for method, act in acts.items():
            assert {"401", "403"} <= set(act["responses"]), (method, path)
            assert act["security"] == [{"HTTPBearer": []}]
