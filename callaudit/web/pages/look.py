"""Theme and language: chosen from the bar of every page, kept in this browser and, the language, with the account."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from callaudit.desk import accounts
from callaudit.desk.people import User
from callaudit.web.desk import TheDesk
from callaudit.web.drawing import LANGUAGE_COOKIE, THEME_COOKIE, THEMES
from callaudit.web.pages.sign_in import safe_target
from callaudit.web.sessions import is_secure
from callaudit.web.words import LANGUAGES

router = APIRouter()
KEPT = timedelta(days=365)


@router.post("/look")
def choose(
    request: Request,
    desk: TheDesk,
    theme: Annotated[str | None, Form(max_length=10)] = None,
    language: Annotated[str | None, Form(max_length=10)] = None,
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Keeps what was chosen, and goes back to the page it was chosen on."""
    root = request.scope.get("root_path", "")
    answer = RedirectResponse(safe_target(back.removeprefix(root)), 303)
    if theme in THEMES:
        _keep(request, answer, THEME_COOKIE, theme)
    if language in LANGUAGES:
        _keep(request, answer, LANGUAGE_COOKIE, language)
        user = request.state.user
        if isinstance(user, User):

            def work(session: Session) -> None:
                accounts.set_language(session, user, language)

            desk.store.transact(work)
    return answer


def _keep(request: Request, answer: Response, name: str, value: str) -> None:
    answer.set_cookie(
        name, value, max_age=int(KEPT.total_seconds()), path="/", secure=is_secure(request), httponly=True,
        samesite="lax",
    )  # fmt: skip
