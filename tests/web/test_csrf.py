"""No change without proof that a page of ours asked for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callaudit.web.sessions import COOKIE, csrf_of
from tests.web.calls import PASSWORD
from tests.web.conftest import Browser

Client = Callable[..., Browser]
CHANGES = ("/me/sign-out", "/sign-out", "/accounts", "/nowhere", "/api/nowhere")


def without_token(browser: Browser) -> Browser:
    del browser.headers["X-CSRF-Token"]
    return browser


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_needs_the_token_wherever_it_goes(client: Client, path: str, method: str) -> None:
    answer = without_token(client("admin")).request(method, path, follow_redirects=False)
    assert answer.status_code == 403
    assert client("admin").request(method, path, follow_redirects=False).status_code != 403


def test_the_token_comes_in_a_form_or_a_header(client: Client) -> None:
    one = without_token(client("lead"))
    token = csrf_of(one.cookies[COOKIE])
    assert one.post("/me/sign-out", data={"csrf": token}, follow_redirects=False).status_code == 303
    files = {"csrf": (None, token)}
    assert one.post("/me/sign-out", files=files, follow_redirects=False).status_code == 303
    assert one.post("/me/sign-out", headers={"X-CSRF-Token": token}, follow_redirects=False).status_code == 303
    assert one.post(f"/me/sign-out?csrf={token}", follow_redirects=False).status_code == 403, "never in an address"


def test_another_browsers_token_is_none(client: Client) -> None:
    one, other = without_token(client("lead")), client("lead")
    token = csrf_of(other.cookies[COOKIE])
    for wrong in (token, "", "0" * 64, one.cookies[COOKIE], csrf_of("")):
        assert one.post("/me/sign-out", data={"csrf": wrong}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_is_refused_even_with_the_token(client: Client, headers: dict[str, str]) -> None:
    assert client("lead").post("/me/sign-out", headers=headers, follow_redirects=False).status_code == 403


def test_our_own_pages_are_not(client: Client) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client("lead").post("/me/sign-out", headers=headers, follow_redirects=False).status_code == 303


def test_signing_in_is_protected_too(client: Client) -> None:
    visitor = client()
    data = {"name": "lead", "password": PASSWORD}
    assert visitor.post("/sign-in", data=data).status_code == 403, "a browser that has not seen the form"
    visitor.get("/sign-in")
    assert visitor.post("/sign-in", data=data).status_code == 403
    assert COOKIE not in visitor.cookies


def test_a_body_is_bounded(client: Client) -> None:
    assert client("lead").post("/me/tokens", data={"name": "x" * (1 << 20)}).status_code == 413


def test_reading_needs_no_token(client: Client) -> None:
    assert without_token(client("lead")).get("/api/me").status_code == 200
