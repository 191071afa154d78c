"""The company's single sign-on: OpenID Connect, authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636).

What a browser brings back is believed only where it carries the state that this browser left with, and an ID token that
the provider signed for this client and this very sign-in (nonce).
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from callaudit.config import OidcConfig
from callaudit.errors import ConfigError, DeskError
from callaudit.web.sessions import is_local

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a public key alone: with the client's secret as key, who knows it could sign anything."""
KEPT_S: Final = 3600.0
"""How long what the provider says of itself is kept."""
FRESH_S: Final = 10.0
"""Keys are not fetched again within that time, however many unknown ones are shown."""
TIMEOUT_S: Final = 10.0
LEEWAY_S: Final = 60


@dataclass(frozen=True, slots=True)
class Leaving:
    """A browser on its way to the provider: where to, and what it must bring back."""

    address: str
    state: str
    nonce: str
    verifier: str

    def packed(self, target: str) -> str:
        """What the browser's cookie keeps until it is back."""
        return json.dumps([self.state, self.nonce, self.verifier, target])


@dataclass(frozen=True, slots=True)
class Back:
    """A browser that comes back: what its cookie and its address say."""

    nonce: str
    verifier: str
    target: str
    code: str


def check(config: OidcConfig) -> None:
    """Makes sure that the settings can work; asks nobody.

    Raises
    ------
    ConfigError
        The issuer is no https address, the secret is not there, or the extra is not installed.
    """
    issuer = urlsplit(config.issuer or "")
    if issuer.scheme != "https" and not (issuer.scheme == "http" and is_local(issuer.hostname)):
        raise ConfigError(
            "setting 'review.oidc.issuer': wanted an https address; take it from your provider's settings"
        )
    if config.client_secret_env and not os.environ.get(config.client_secret_env):
        raise ConfigError(f"review.oidc.client_secret_env: {config.client_secret_env} is not set; put the secret there")
    try:
        import authlib  # noqa: F401  # only whether it is there
        import httpx2  # noqa: F401  # likewise
        import joserfc  # noqa: F401  # likewise
    except ImportError as error:
        raise ConfigError("single sign-on needs more packages; pip install 'callaudit[oidc]'") from error


class Provider:
    """The provider of the settings; one object serves all threads."""

    def __init__(self, config: OidcConfig) -> None:
        self._config = config
        self._issuer = (config.issuer or "").rstrip("/")
        self._lock = threading.Lock()
        self._said: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Any] | None = None

    def leave(self, back: str) -> Leaving:
        """Where to send a browser that shall come back to `back`.

        Raises
        ------
        DeskError
            The provider does not answer.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client(back) as client:
            address, _ = client.create_authorization_url(
                self._says("authorization_endpoint"), state=state, nonce=nonce, code_verifier=verifier,
            )  # fmt: skip
        return Leaving(address, state, nonce, verifier)

    def returned(self, kept: str | None, given: Mapping[str, str]) -> Back:
        """What a browser brings, if it is the one that left.

        Raises
        ------
        DeskError
            It is another one, took too long, or the provider refused it.
        """
        try:
            state, nonce, verifier, target = json.loads(kept or "")
        except ValueError:
            raise DeskError("this sign-in has expired; begin again") from None
        if not secrets.compare_digest(str(state).encode(), given.get("state", "").encode()):
            raise DeskError("this sign-in has expired; begin again")
        if given.get("iss", self._issuer).rstrip("/") != self._issuer:  # RFC 9207: the answer of another provider
            raise DeskError("this answer is another provider's")
        if not (code := given.get("code")):
            raise DeskError("the provider refused the sign-in")
        return Back(nonce, verifier, target, code)

    def claims(self, came: Back, back: str) -> Mapping[str, Any]:
        """What the provider says of who signed in.

        Raises
        ------
        DeskError
            The code or the token is not right, or the provider does not answer.
        """
        import httpx2
        from authlib.common.errors import AuthlibBaseError

        with self._client(back) as client:
            try:
                token = client.fetch_token(
                    self._says("token_endpoint"), grant_type="authorization_code", code=came.code,
                    code_verifier=came.verifier,
                )  # fmt: skip
                claims = self._proven(str(token.get("id_token", "")), came.nonce)
                if self._lacks(claims) and (more := self._about().get("userinfo_endpoint")):
                    told = client.get(more).json()
                    if told.get("sub") == claims["sub"]:
                        claims = {**told, **claims}
            except httpx2.HTTPError as error:
                raise DeskError("the provider of the single sign-on does not answer; try again later") from error
            except (AuthlibBaseError, ValueError) as error:
                raise DeskError("the provider did not confirm the sign-in; begin again") from error
        return claims

    def _lacks(self, claims: Mapping[str, Any]) -> bool:
        config = self._config
        wanted = [config.name_claim, config.role_claim if config.roles else None, config.agent_claim]
        return any(name is not None and claim(claims, name) is None for name in wanted)

    def _proven(self, id_token: str, nonce: str) -> dict[str, Any]:
        from joserfc import errors, jwt

        try:
            try:
                token = jwt.decode(id_token, self._key_set(), algorithms=list(ALGORITHMS))
            except (errors.InvalidKeyIdError, errors.BadSignatureError):  # the provider may have changed its keys
                token = jwt.decode(id_token, self._key_set(anew=True), algorithms=list(ALGORITHMS))
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY_S, iss={"essential": True, "value": self._about()["issuer"]},
                aud={"essential": True, "value": self._config.client_id or ""}, sub={"essential": True},
                exp={"essential": True}, nonce={"essential": True, "value": nonce},
            ).validate(token.claims)  # fmt: skip
        except errors.JoseError as error:
            raise DeskError("the provider did not confirm the sign-in; begin again") from error
        others = token.claims.get("azp", self._config.client_id)
        if others != self._config.client_id:  # a token for another client that names us, too
            raise DeskError("the provider did not confirm the sign-in; begin again")
        return dict(token.claims)

    def _client(self, back: str) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        secret = os.environ.get(self._config.client_secret_env or "") or None
        return OAuth2Client(
            self._config.client_id, secret, scope=" ".join(self._config.scopes), redirect_uri=back,
            code_challenge_method="S256", timeout=TIMEOUT_S,
            token_endpoint_auth_method=None if secret else "none",
        )  # fmt: skip

    def _says(self, name: str) -> str:
        address = self._about().get(name)
        if not isinstance(address, str):
            raise DeskError("the provider of the single sign-on does not say where to sign in")
        return address

    def _about(self) -> Mapping[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0, clause 4)."""
        with self._lock:
            if self._said is None or time.monotonic() - self._said[0] > KEPT_S:
                found = self._fetch(f"{self._issuer}/.well-known/openid-configuration")
                if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                    raise DeskError("the provider of the single sign-on calls itself by another name")
                self._said = (time.monotonic(), found)
            return self._said[1]

    def _key_set(self, *, anew: bool = False) -> Any:
        from joserfc.jwk import KeySet

        address = self._says("jwks_uri")
        with self._lock:
            age_s = KEPT_S + 1 if self._keys is None else time.monotonic() - self._keys[0]
            if self._keys is None or age_s > (FRESH_S if anew else KEPT_S):
                keys = [key for key in self._fetch(address).get("keys", []) if key.get("use", "sig") == "sig"]
                self._keys = (time.monotonic(), KeySet.import_key_set({"keys": keys}))
            return self._keys[1]

    def _fetch(self, address: str) -> Mapping[str, Any]:
        import httpx2

        with self._client("") as client:
            try:
                answer = client.request("GET", address, withhold_token=True)
                answer.raise_for_status()
                found = answer.json()
            except (httpx2.HTTPError, ValueError) as error:
                raise DeskError("the provider of the single sign-on does not answer; try again later") from error
        if not isinstance(found, dict):
            raise DeskError("the provider of the single sign-on does not answer; try again later")
        return found


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by its path.

    >>> claim({"realm": {"roles": ["qa"]}, "https://a.b/c": 1}, "realm.roles"), claim({"https://a.b/c": 1}, "https://a.b/c")
    (['qa'], 1)
    """
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
