"""Who may go where: a line for each route. A route without a line fails a test, and so does a line without a route."""

from __future__ import annotations

from typing import Any, Final, Literal

from callaudit.desk.people import Act

Who = Literal["open", "anybody"] | Act
"""open: without a sign-in; anybody: whoever is signed in; else who may do that act."""

ROUTES: Final[dict[str, Who]] = {
    "GET /": "see calls",
    "GET /health": "open",
    "POST /look": "open",
    "GET /sign-in": "open",
    "POST /sign-in": "open",
    "GET /sign-in/sso": "open",
    "GET /sign-in/sso/back": "open",
    "POST /sign-out": "anybody",
    "GET /static/{name}": "anybody",
    "GET /me": "anybody",
    "GET /me/password": "anybody",
    "POST /me/password": "anybody",
    "POST /me/sign-out": "anybody",
    "POST /me/tokens": "make tokens",
    "POST /me/tokens/{token_id}/revoke": "anybody",
    "GET /accounts": "manage accounts",
    "POST /accounts": "manage accounts",
    "POST /accounts/{account_id}/role": "manage accounts",
    "POST /accounts/{account_id}/password": "manage accounts",
    "POST /accounts/{account_id}/disable": "manage accounts",
    "POST /accounts/{account_id}/enable": "manage accounts",
    "POST /accounts/{account_id}/sign-out": "manage accounts",
    "GET /calls/{call_id}": "see calls",
    "GET /calls/{call_id}/drawing": "see calls",
    "GET /calls/{call_id}/sound": "see calls",
    "POST /calls/{call_id}/unmuted": "hear unmuted",
    "GET /calls/{call_id}/report.html": "export",
    "GET /calls/{call_id}/audit.json": "export",
    "POST /calls/{call_id}/judge": "judge",
    "POST /calls/{call_id}/missed": "judge",
    "POST /calls/{call_id}/undo": "judge",
    "POST /calls/{call_id}/reviewed": "judge",
    "POST /calls/{call_id}/appeal": "appeal",
    "GET /appeals": "see calls",
    "POST /appeals/{appeal_id}/withdrawal": "appeal",
    "POST /appeals/{appeal_id}/decision": "decide appeals",
    "POST /uphold": "judge",
    "GET /rules": "learn",
    "GET /rules/{rule}": "learn",
    "GET /rules/{rule}/heard/{which}": "learn",
    "GET /trail": "see trail",
    "GET /api/me": "anybody",
    "GET /api/openapi.json": "anybody",
    "GET /api/calls/{call_id}/review": "see calls",
    "POST /api/calls/{call_id}/opinions": "judge",
    "POST /api/calls/{call_id}/undo": "judge",
    "POST /api/calls/{call_id}/reviewed": "judge",
    "POST /api/calls/{call_id}/appeals": "appeal",
    "GET /api/appeals": "see calls",
    "POST /api/appeals/{appeal_id}/decision": "decide appeals",
    "POST /api/appeals/{appeal_id}/withdrawal": "appeal",
}

SENT: Final[dict[str, dict[str, Any]]] = {}
"""Forms without which a route would not get so far as to ask who it is."""
