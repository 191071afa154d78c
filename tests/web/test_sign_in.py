"""Signing in, staying signed in, and being signed out."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.calls import PASSWORD
from tests.web.conftest import Browser


def _sign_in(browser: Browser, name: str, password: str, **more: str) -> object:
    browser.get("/sign-in")
    import re

    token = re.search(r'name="csrf" value="(\w+)"', browser.get("/sign-in").text)
    assert token is not None
    return browser.post(
        "/sign-in", data={"csrf": token[1], "name": name, "password": password, **more}, follow_redirects=False
    )


def test_one_signs_in_with_name_and_password(client: Callable[..., Browser]) -> None:
    nobody = client()
    answer = _sign_in(nobody, "lead", PASSWORD)
    assert answer.status_code == 303
    assert nobody.get("/nowhere").status_code == 404
    assert client().get("/nowhere", follow_redirects=False).status_code == 303


def test_fixture(client: Callable[..., Browser]) -> None:
    assert client("lead").get("/nowhere").status_code == 404
    assert client("lead").post("/sign-out", follow_redirects=False).status_code == 303
    assert client().get("/health").json() == {"status": "ok"}
