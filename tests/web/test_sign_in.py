"""Signing in, staying signed in, and being signed out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import select, update

from callaudit.desk import accounts, sign_ins
from callaudit.store.database import open_store
from callaudit.store.desk_tables import SignInRow, UserRow
from callaudit.store.tables import AccessRow
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from callaudit.web.pages.sign_in import safe_target
from callaudit.web.sessions import COOKIE, START_COOKIE
from callaudit.web.tries import Tries
from tests.web.calls import NOW, PASSWORD
from tests.web.conftest import Browser, Clock, browser

Client = Callable[..., Browser]


def sign_in(visitor: Browser, name: str, password: str = PASSWORD, **more: str) -> Response:
    """Fills in the form."""
    token = re.search(r'name="csrf" value="(\w+)"', visitor.get("/sign-in").text)
    assert token is not None
    data = {"csrf": token[1], "name": name, "password": password, **more}
    return visitor.post("/sign-in", data=data, follow_redirects=False)


def test_one_signs_in_with_name_and_password_and_out_again(client: Client) -> None:
    visitor = client()
    assert visitor.get("/me", follow_redirects=False).headers["location"] == "/sign-in?next=%2Fme"
    answer = sign_in(visitor, " LEAD ", next="/me?a=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/me?a=1"
    page = visitor.get("/me")
    assert "lead" in page.text
    token = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert token is not None
    kept = visitor.cookies[COOKIE]
    out = visitor.post("/sign-out", data={"csrf": token[1]}, follow_redirects=False)
    assert out.headers["location"] == "/sign-in"
    assert COOKIE not in visitor.cookies
    visitor.cookies.set(COOKIE, kept, domain="localhost.local")
    assert visitor.get("/me", follow_redirects=False).status_code == 303, "the cookie alone opens nothing any more"


def test_the_cookie_is_kept_from_script_and_other_sites(client: Client) -> None:
    said = sign_in(client(), "lead").headers.get_list("set-cookie")
    cookie = next(one for one in said if one.startswith(f"{COOKIE}="))
    assert re.search(r"HttpOnly", cookie)
    assert re.search(r"SameSite=lax", cookie, re.I)
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Secure" not in cookie, "a browser on this machine comes by http"


def test_by_https_the_cookie_is_secure_and_of_this_host_alone(client: Client) -> None:
    visitor = client(base_url="https://localhost")
    said = sign_in(visitor, "lead").headers.get_list("set-cookie")
    cookie = next(one for one in said if one.startswith(f"__Host-{COOKIE}="))
    assert "Secure" in cookie
    assert visitor.get("/me").status_code == 200


def test_a_sign_in_gets_a_new_secret_whatever_the_browser_held(client: Client) -> None:
    visitor = client("reviewer")
    before = visitor.cookies[COOKIE]
    page = visitor.get("/sign-in", follow_redirects=False)
    assert page.status_code == 303, "who is signed in needs no form"
    visitor.post("/sign-in", data={"name": "lead", "password": PASSWORD}, follow_redirects=False)
    assert visitor.cookies[COOKIE] != before
    assert visitor.get("/api/me").json()["name"] == "lead"
    again = client()
    again.cookies.set(COOKIE, before, domain="localhost.local")
    assert again.get("/api/me").status_code == 401


@pytest.mark.parametrize(("name", "password"), [("lead", "wrong wrong wrong"), ("nobody", PASSWORD), ("<b>&", "x")])
def test_a_wrong_name_and_a_wrong_password_get_one_answer(client: Client, name: str, password: str) -> None:
    answer = sign_in(client(), name, password)
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text
    assert "<b>" not in answer.text
    assert password not in re.sub(r'type="password"|name="password"', "", answer.text) or password == "x"


def test_a_disabled_account_gets_the_same_answer(client: Client, desk: Desk) -> None:
    with desk.store.session() as session:
        accounts.disable(session, "test", accounts.named(session, "second").id, now=NOW)
    assert "账号或密码不对" in sign_in(client(), "second").text


def test_being_disabled_ends_the_sign_in_at_once(client: Client, desk: Desk) -> None:
    second = client("second")
    assert second.get("/me").status_code == 200
    with desk.store.session() as session:
        accounts.disable(session, "test", accounts.named(session, "second").id, now=NOW)
    assert second.get("/me", follow_redirects=False).status_code == 303


def test_a_sign_in_ends_when_idle_and_in_any_case(client: Client, clock: Clock) -> None:
    lead = client("lead")
    clock.passes(hours=7)
    assert lead.get("/api/me").status_code == 200
    clock.passes(hours=7)
    assert lead.get("/api/me").status_code == 200, "the last request counts"
    clock.passes(hours=8)
    assert lead.get("/api/me").status_code == 401
    second = client("lead")
    for _ in range(24):
        clock.passes(hours=7)
        second.get("/api/me")
    assert second.get("/api/me").status_code == 401, "a week is the end, however busy"


def test_being_seen_is_written_once_a_minute(client: Client, clock: Clock, desk: Desk) -> None:
    lead = client("lead")

    def seen() -> object:
        return desk.store.transact(lambda s: s.scalar(select(SignInRow.seen_at)), write=False)

    clock.passes(seconds=59)
    lead.get("/api/me")
    assert seen() == NOW
    clock.passes(seconds=1)
    lead.get("/api/me")
    assert seen() == clock.now


def test_signing_in_is_refused_for_a_while_after_wrong_passwords(client: Client) -> None:
    visitor = client()
    assert [sign_in(visitor, "lead", "wrong").status_code for _ in range(6)] == [401] * 5 + [429]
    refused = sign_in(visitor, "lead")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert sign_in(visitor, "reviewer").status_code == 303, "others at this address are not touched"


def test_nobody_locks_another_out(app: FastAPI, desk: Desk) -> None:
    guesser = browser(app, desk, client=("192.0.2.66", 1))
    for _ in range(8):
        sign_in(guesser, "lead", "wrong")
    assert sign_in(browser(app, desk, client=("192.0.2.1", 1)), "lead").status_code == 303


def test_tries_are_counted_by_pair_address_and_name() -> None:
    tries = Tries()
    assert [tries.refuse_s("a", "192.0.2.1") > 0 for _ in range(6)] == [False] * 5 + [True]
    assert tries.refuse_s("a", "192.0.2.2") == 0
    tries.succeeded("a", "192.0.2.1")
    assert tries.refuse_s("A ", "192.0.2.1") == 0
    many = [tries.refuse_s(f"n{k}", f"2001:db8::{k:x}") for k in range(301)]
    assert many[299] == 0
    assert many[300] > 3000, "of IPv6 the whole network counts"
    assert [tries.slow_s("b") > 0 for _ in range(11)] == [False] * 10 + [True]
    assert tries.slow_s("c") == 0


def test_what_was_tried_is_in_the_trail(client: Client, desk: Desk) -> None:
    visitor = client()
    sign_in(visitor, "lead", "wrong wrong wrong")
    sign_in(visitor, PASSWORD, "lead")
    sign_in(visitor, "lead")
    found = desk.store.transact(
        lambda s: s.execute(select(AccessRow.who, AccessRow.act).order_by(AccessRow.id.desc()).limit(3)).all(),
        write=False,
    )
    assert [tuple(row) for row in found] == [("lead", "sign in"), ("?", "fail to sign in"), ("lead", "fail to sign in")]


def test_a_password_that_another_gave_opens_only_the_page_that_changes_it(client: Client, desk: Desk) -> None:
    with desk.store.session() as session:
        session.execute(update(UserRow).where(UserRow.name == "reviewer").values(must_change=True))
    one = client("reviewer")
    assert one.get("/", follow_redirects=False).headers["location"] == "/me/password"
    assert one.get("/calls/1/sound", follow_redirects=False).status_code == 303
    assert one.get("/api/me").status_code == 403
    assert one.get("/me/password").status_code == 200
    new = "a password of my own"
    wrong = one.post("/me/password", data={"old": PASSWORD, "new": new, "again": new + "!"})
    assert wrong.status_code == 422
    changed = one.post("/me/password", data={"old": PASSWORD, "new": new, "again": new}, follow_redirects=False)
    assert changed.headers["location"] == "/me"
    assert one.get("/api/me").status_code == 200
    assert sign_in(client(), "reviewer").status_code == 401
    assert sign_in(client(), "reviewer", new).status_code == 303


def test_one_signs_out_everywhere_else(client: Client) -> None:
    here, there = client("lead"), client("lead")
    assert here.post("/me/sign-out", follow_redirects=False).status_code == 303
    assert here.get("/api/me").status_code == 200
    assert there.get("/api/me").status_code == 401


def test_guessing_the_old_password_is_limited_too(client: Client) -> None:
    one = client("lead")
    data = {"old": "wrong", "new": "a password of my own", "again": "a password of my own"}
    assert [one.post("/me/password", data=data).status_code for _ in range(6)] == [422] * 5 + [429]


def test_without_any_account_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    with open_store(tmp_path / "new.db") as store:
        visitor = browser(make_app(Desk(store)), Desk(store))
        page = visitor.get("/")
        assert page.status_code == 503
        assert "callaudit accounts add" in page.text
        assert visitor.get("/health").json() == {"status": "ok"}


def test_from_another_machine_nobody_signs_in_without_https(desk: Desk) -> None:
    open_to_all = replace(desk, config=replace(desk.config, review=replace(desk.config.review, host="0.0.0.0")))
    visitor = browser(make_app(open_to_all), open_to_all, base_url="http://desk.example.com")
    page = visitor.get("/sign-in")
    assert page.status_code == 403
    assert "https" in page.text
    assert START_COOKIE not in visitor.cookies
    allowed = replace(
        open_to_all, config=replace(desk.config, review=replace(open_to_all.config.review, plain_http=True))
    )
    assert sign_in(browser(make_app(allowed), allowed, base_url="http://desk.example.com"), "lead").status_code == 303
    assert sign_in(browser(make_app(open_to_all), desk, base_url="https://desk.example.com"), "lead").status_code == 303


@pytest.mark.parametrize(
    "given",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\tx", "javascript:alert(1)", "", "/sign-in", "\n/"],
)
def test_one_is_sent_on_to_pages_of_ours_alone(client: Client, given: str) -> None:
    assert safe_target(given) == "/"
    assert sign_in(client(), "lead", next=given).headers["location"] == "/"


def test_a_secret_is_long_and_never_the_same() -> None:
    assert len({len(sign_ins.secrets.token_urlsafe(sign_ins.SECRET_BYTES)) for _ in range(3)}) == 1
    assert sign_ins.SECRET_BYTES >= 16
