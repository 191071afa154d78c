"""Single sign-on against a provider of our own: who gets in, as whom, and what is not believed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import Response

pytest.importorskip("authlib", reason="the extra oidc is not installed")

from joserfc.jwk import OctKey, RSAKey

from callaudit.config import OidcConfig
from callaudit.desk import accounts
from callaudit.errors import ConfigError
from callaudit.web import oidc
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from tests.web.calls import NOW
from tests.web.conftest import Browser, browser
from tests.web.provider import CLIENT, SECRET, Provider, provider

ROLES: Any = {"qa-admins": "admin", "qa": "reviewer", "agents": "agent"}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("DESK_SECRET", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with provider() as made:
        made.claims = {"preferred_username": "Lin.Wei", "name": "林薇", "roles": ["staff", "qa"]}
        yield made


def visitor(desk: Desk, at: Provider, **settings: Any) -> Browser:
    """A browser at a desk with single sign-on."""
    own = {"issuer": at.address, "client_id": CLIENT, "client_secret_env": "DESK_SECRET", "roles": ROLES} | settings
    config = replace(desk.config, review=replace(desk.config.review, oidc=OidcConfig(**own)))
    changed = replace(desk, config=config)
    return browser(make_app(changed), changed)


def goes(one: Browser, at: Provider, next: str = "/me", **changed: str) -> Response:
    """Signs in at the provider and comes back."""
    left = one.get("/sign-in/sso", params={"next": next}, follow_redirects=False)
    assert left.status_code == 303, left.text
    assert left.headers["location"].startswith(f"{at.address}/authorize?")
    return one.get("/sign-in/sso/back", params=at.authorize(left.headers["location"]) | changed, follow_redirects=False)


def test_who_comes_for_the_first_time_gets_an_account(desk: Desk, at: Provider) -> None:
    one = visitor(desk, at)
    assert goes(one, at).headers["location"] == "/me"
    me = one.get("/api/me").json()
    assert (me["name"], me["shown_name"], me["role"]) == ("lin.wei", "林薇", "reviewer")
    assert goes(visitor(desk, at), at).status_code == 303, "and has it the next time"
    found = desk.store.transact(accounts.all_accounts, write=False)
    assert [one.signs_in_elsewhere for one in found if one.user.name == "lin.wei"] == [True]


def test_the_browser_leaves_with_proof_keys(desk: Desk, at: Provider) -> None:
    one = visitor(desk, at)
    left = one.get("/sign-in/sso", follow_redirects=False)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(left.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "openid profile"
    assert asked["redirect_uri"] == "http://localhost/sign-in/sso/back"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert "HttpOnly" in left.headers["set-cookie"]


def test_the_role_is_what_the_provider_says_at_each_sign_in(desk: Desk, at: Provider) -> None:
    at.claims["roles"] = ["qa", "qa-admins"]
    one = visitor(desk, at)
    goes(one, at)
    assert one.get("/api/me").json()["role"] == "admin", "the strongest"
    at.claims["roles"] = "qa"
    goes(one, at)
    assert one.get("/api/me").json()["role"] == "reviewer"
    at.claims["roles"] = ["staff"]
    refused = goes(visitor(desk, at), at)
    assert refused.status_code == 403
    assert "没有使用质检复核台的角色" in refused.text


def test_claims_lie_where_the_settings_say_and_may_be_told_apart(desk: Desk, at: Provider) -> None:
    at.claims |= {"roles": None}
    at.userinfo = {"sub": "s-1", "realm": {"roles": ["agents"]}, "hr": {"number": 3052}}
    one = visitor(desk, at, role_claim="realm.roles", agent_claim="hr.number")
    goes(one, at)
    me = one.get("/api/me").json()
    assert (me["role"], me["agent_id"]) == ("agent", "3052")
    at.userinfo = {"sub": "somebody else", "realm": {"roles": ["qa-admins"]}, "hr": {"number": 3052}}
    assert goes(visitor(desk, at, role_claim="realm.roles"), at).status_code == 403


def test_an_agent_without_a_number_is_refused(desk: Desk, at: Provider) -> None:
    at.claims["roles"] = ["agents"]
    assert goes(visitor(desk, at), at).status_code == 403


def test_an_account_with_a_password_is_not_taken_over(desk: Desk, at: Provider) -> None:
    at.claims["preferred_username"] = "lead"
    refused = goes(visitor(desk, at), at)
    assert refused.status_code == 403
    assert "同名账号" in refused.text


def test_an_account_made_beforehand_keeps_its_role_where_none_is_mapped(desk: Desk, at: Provider) -> None:
    with desk.store.session() as session:
        accounts.make(session, "test", "lin.wei", "lead", now=NOW)
    one = visitor(desk, at, roles={})
    assert goes(one, at).status_code == 303
    assert one.get("/api/me").json()["role"] == "lead"
    at.claims["sub"] = "another of that name"
    assert goes(visitor(desk, at, roles={}), at).status_code == 403, "the first who came is who it is"
    at.claims["preferred_username"] = "stranger"
    assert goes(visitor(desk, at, roles={}), at).status_code == 403


def test_a_disabled_account_stays_shut(desk: Desk, at: Provider) -> None:
    goes(visitor(desk, at), at)
    with desk.store.session() as session:
        accounts.disable(session, "test", accounts.named(session, "lin.wei").id, now=NOW)
    one = visitor(desk, at)
    assert goes(one, at).status_code == 403
    assert one.get("/api/me").status_code == 401


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "another client"}, {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 3600}, {"exp": None}, {"sub": None}, {"azp": "another client"},
    ],
    ids=lambda lies: f"{next(iter(lies))}={next(iter(lies.values()))}"[:20],
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in_is_not_believed(desk: Desk, at: Provider, lies: dict[str, Any]) -> None:
    at.lies = lies
    one = visitor(desk, at)
    assert goes(one, at).status_code == 403
    assert one.get("/api/me").status_code == 401


def test_a_token_that_another_signed_is_not_believed(desk: Desk, at: Provider) -> None:
    at.signs_with = RSAKey.generate_key(2048, {"kid": "k1"})
    assert goes(visitor(desk, at), at).status_code == 403


def test_a_token_signed_with_the_secret_of_the_client_is_not_believed(desk: Desk, at: Provider) -> None:
    at.signs_with, at.algorithm = OctKey.import_key(SECRET * 2), "HS256"
    assert goes(visitor(desk, at), at).status_code == 403


def test_keys_that_changed_are_read_again_but_not_for_each_forgery(desk: Desk, at: Provider) -> None:
    one = visitor(desk, at)
    goes(one, at)
    assert at.n_keys_read == 1
    at.signs_with = RSAKey.generate_key(2048, {"kid": "k2"})
    for _ in range(3):
        assert goes(one, at).status_code == 403
    assert at.n_keys_read == 1, "they were read a moment ago"


@pytest.mark.parametrize(
    "changed", [{"state": "another"}, {"code": "another"}, {"code": ""}, {"iss": "https://evil.example"}]
)
def test_an_answer_that_this_browser_did_not_ask_for_is_refused(
    desk: Desk, at: Provider, changed: dict[str, str]
) -> None:
    assert goes(visitor(desk, at), at, **changed).status_code == 403


def test_another_browser_cannot_come_back_instead(desk: Desk, at: Provider) -> None:
    left = visitor(desk, at).get("/sign-in/sso", follow_redirects=False)
    back = at.authorize(left.headers["location"])
    other = visitor(desk, at)
    assert other.get("/sign-in/sso/back", params=back, follow_redirects=False).status_code == 403


def test_one_is_sent_on_to_pages_of_ours_alone(desk: Desk, at: Provider) -> None:
    assert goes(visitor(desk, at), at, next="//evil.example").headers["location"] == "/"


def test_a_provider_that_is_away_is_told(desk: Desk, at: Provider) -> None:
    one = visitor(desk, at, issuer="http://127.0.0.1:9")
    answer = one.get("/sign-in/sso")
    assert answer.status_code == 503
    assert "没有应答" in answer.text


def test_without_single_sign_on_there_is_no_such_page(desk: Desk) -> None:
    one = browser(make_app(desk), desk)
    assert one.get("/sign-in/sso").status_code == 404
    assert "sso" not in one.get("/sign-in").text


def test_settings_that_cannot_work_are_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    oidc.check(OidcConfig(issuer="https://id.example", client_id="x"))
    with pytest.raises(ConfigError, match="https"):
        oidc.check(OidcConfig(issuer="http://id.example", client_id="x"))
    monkeypatch.delenv("NOT_SET", raising=False)
    with pytest.raises(ConfigError, match="NOT_SET"):
        oidc.check(OidcConfig(issuer="https://id.example", client_id="x", client_secret_env="NOT_SET"))
