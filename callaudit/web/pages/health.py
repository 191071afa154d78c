"""Whether the desk is well: for whoever watches it, without a sign-in."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text

from callaudit.errors import StoreError
from callaudit.web.desk import TheDesk

router = APIRouter()


@router.get("/health")
def health(desk: TheDesk) -> JSONResponse:
    """200 while the database answers, else 503."""
    try:
        desk.store.transact(lambda session: session.scalar(text("SELECT 1")), write=False)
    except StoreError:
        return JSONResponse({"status": "the database does not answer"}, 503)
    return JSONResponse({"status": "ok"})
