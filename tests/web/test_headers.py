"""What every answer carries, and what none tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from structlog.testing import capture_logs

from callaudit.store.database import open_store
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from callaudit.web.front import HEADERS
from tests.web.conftest import Browser, browser

Client = Callable[..., Browser]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in",
        "/health",
        "/nowhere",
        "/api/me",
        "/api/nowhere",
        "/static/nothing.js",
        "/calls/999999",
        "/calls/x",
    ],
)
@pytest.mark.parametrize("name", [None, "lead"])
def test_every_answer_carries_the_headers(client: Client, path: str, name: str | None) -> None:
    answer = client(name).get(path, follow_redirects=False)
    assert {key: answer.headers.get(key) for key, _ in HEADERS} == dict(HEADERS)
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


def test_the_policy_lets_nothing_in_from_elsewhere(client: Client) -> None:
    policy = client().get("/health").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy


def test_by_https_it_is_to_stay_so(client: Client) -> None:
    assert "max-age=" in client(base_url="https://localhost").get("/health").headers["strict-transport-security"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_name_that_is_not_ours_is_refused(client: Client, host: str) -> None:
    answer = client("lead").get("/me", headers={"Host": host}, follow_redirects=False)
    assert answer.status_code == 400
    assert "content-security-policy" in answer.headers


def test_names_come_from_the_settings(desk: Desk) -> None:
    review = replace(desk.config.review, host="0.0.0.0", hosts=("desk.example.com",))
    app = make_app(replace(desk, config=replace(desk.config, review=review)))
    assert browser(app, desk, base_url="https://desk.example.com").get("/health").status_code == 200
    assert browser(app, desk, base_url="https://other.example.com").get("/health").status_code == 400


def with_fault(desk: Desk) -> FastAPI:
    app = make_app(desk)
    router = APIRouter()

    @router.get("/broken")
    def broken() -> None:
        raise RuntimeError("what the customer said: 13800001234")

    @router.get("/api/broken")
    def broken_api() -> None:
        raise RuntimeError("what the customer said: 13800001234")

    app.include_router(router)
    return app


@pytest.mark.parametrize("path", ["/broken", "/api/broken"])
def test_a_fault_of_ours_tells_nothing(desk: Desk, path: str) -> None:
    visitor = browser(with_fault(desk), desk, "lead")
    with capture_logs() as said:
        answer = visitor.get(path)
    assert [line["event"] for line in said] == ["request.broken", "request"]
    assert answer.status_code == 500
    assert "RuntimeError" not in answer.text
    assert "13800001234" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]
    assert "服务器出错" in answer.text


def test_programs_get_json_and_people_a_page(client: Client) -> None:
    lead = client("lead")
    assert lead.get("/api/nowhere").json()["detail"]
    assert "<main" in lead.get("/nowhere").text
    part = lead.get("/nowhere", headers={"HX-Request": "true"})
    assert part.status_code == 404
    assert "<main" not in part.text
    out = client().get("/", headers={"HX-Request": "true"}, follow_redirects=False)
    assert out.headers["hx-redirect"] == "/sign-in"


def test_pages_speak_the_language_that_is_asked_for(client: Client) -> None:
    lead = client("lead")
    assert "没有" in lead.get("/nowhere").text
    assert "no such page" in lead.get("/nowhere", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    assert "没有" in lead.get("/nowhere", headers={"Accept-Language": "fr,zh-CN;q=0.8,en;q=0.5"}).text


def test_a_wrong_value_is_not_repeated(client: Client) -> None:
    answer = client("lead").get("/api/calls/x1380000y/review")
    assert answer.status_code == 422
    assert "x1380000y" not in answer.text


def test_the_log_names_who_and_where_and_no_query(client: Client) -> None:
    with capture_logs() as said:
        client("lead").get("/nowhere?text=13800001234")
        client().get("/me", follow_redirects=False)
        client().get("/health")
    known = [(line["event"], line["path"], line["status"], line["user"], line["log_level"]) for line in said]
    assert known == [
        ("request", "/nowhere", 404, "lead", "info"),
        ("request", "/me", 303, None, "info"),
        ("request", "/health", 200, None, "debug"),
    ]
    assert "13800001234" not in str(said)


def test_health_tells_when_the_database_is_gone(desk: Desk) -> None:
    path = desk.store.path
    assert path is not None
    with open_store(path, patience_s=0.1) as store:
        gone = replace(desk, store=store)
        visitor = browser(make_app(gone), desk, "lead")
        assert visitor.get("/health").json() == {"status": "ok"}
        store.close()
        path.rename(path.with_suffix(".away"))
        path.mkdir()
        answer = visitor.get("/health")
        assert answer.status_code == 503
        assert json.loads(answer.text)["status"] != "ok"
        assert visitor.get("/me").status_code == 503


def test_the_store_of_the_tests_is_there(desk: Desk) -> None:
    assert desk.store.transact(lambda s: s.scalar(text("SELECT count(*) FROM calls")), write=False) == 8
