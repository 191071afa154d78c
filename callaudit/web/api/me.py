"""Who a token is, and what the API is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from callaudit.desk.people import RIGHTS, Role
from callaudit.web.desk import SignedIn

router = APIRouter()


class Me(BaseModel):
    """Whose token or sign-in this is, and what it may do."""

    name: str
    shown_name: str
    role: Role
    agent_id: str | None
    may_write: bool
    may: list[str]


@router.get("/api/me", tags=["me"])
def me(user: SignedIn) -> Me:
    """Whose token this is."""
    return Me(
        name=user.name, shown_name=user.shown_name, role=user.role, agent_id=user.agent_id, may_write=user.may_write,
        may=[act for act in RIGHTS if user.may(act)],
    )  # fmt: skip


@router.get("/api/openapi.json", include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """The OpenAPI document of everything below /api."""
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(document)
