"""Accounts: an admin makes them, gives them roles and passwords, ends their sign-ins, disables them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from callaudit.desk import accounts, passwords
from callaudit.desk.people import ROLES, Role, User
from callaudit.errors import DeskError
from callaudit.web.desk import Desk, TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.words import translated

router = APIRouter()
Admin = Annotated[User, needs("manage accounts")]
AccountId = Annotated[int, Path(ge=1, le=2**62)]
Text = Annotated[str, Form(max_length=200)]


@router.get("/accounts")
def accounts_page(request: Request, desk: TheDesk, user: Admin) -> Response:
    """Every account, and a form for a new one."""
    return _page(request, desk, user)


@router.post("/accounts")
def make(
    request: Request,
    desk: TheDesk,
    user: Admin,
    name: Text,
    role: Annotated[Role, Form()],
    shown_name: Text = "",
    agent_id: Text = "",
    sso: Annotated[bool, Form()] = False,
) -> Response:
    """Makes an account; its first password is shown this once."""
    password = None if sso else passwords.new_password()
    given = {"name": name, "role": role, "shown_name": shown_name, "agent_id": agent_id, "sso": sso}

    def work(session: Session) -> None:
        accounts.make(
            session, user, name, role, now=desk.clock(), shown_name=shown_name, agent_id=agent_id, password=password
        )

    try:
        desk.store.transact(work)
    except DeskError as error:
        return _page(request, desk, user, 422, said=str(error), given=given)
    return _page(request, desk, user, made=(accounts.plain_name(name), password))


@router.post("/accounts/{account_id}/role")
def set_role(
    request: Request,
    desk: TheDesk,
    user: Admin,
    account_id: AccountId,
    role: Annotated[Role, Form()],
    agent_id: Text = "",
) -> Response:
    """Gives an account another role."""
    return _changed(
        request, desk, user,
        lambda s: accounts.set_role(s, user, account_id, role, agent_id=agent_id, now=desk.clock()),
    )  # fmt: skip


@router.post("/accounts/{account_id}/password")
def set_password(request: Request, desk: TheDesk, user: Admin, account_id: AccountId) -> Response:
    """Gives an account a new password, which is shown this once."""
    password = passwords.new_password()

    def work(session: Session) -> str:
        accounts.set_password(session, user, account_id, password, now=desk.clock())
        return accounts.by_id(session, account_id).name

    return _page(request, desk, user, made=(desk.store.transact(work), password))


@router.post("/accounts/{account_id}/disable")
def disable(request: Request, desk: TheDesk, user: Admin, account_id: AccountId) -> Response:
    """Shuts an account."""
    return _changed(request, desk, user, lambda s: accounts.disable(s, user, account_id, now=desk.clock()))


@router.post("/accounts/{account_id}/enable")
def enable(request: Request, desk: TheDesk, user: Admin, account_id: AccountId) -> Response:
    """Opens an account again."""
    return _changed(request, desk, user, lambda s: accounts.enable(s, user, account_id, now=desk.clock()))


@router.post("/accounts/{account_id}/sign-out")
def sign_out(request: Request, desk: TheDesk, user: Admin, account_id: AccountId) -> Response:
    """Ends every sign-in of an account."""
    return _changed(request, desk, user, lambda s: accounts.sign_out(s, user, account_id, now=desk.clock()))


def _changed(request: Request, desk: Desk, user: User, change: Callable[[Session], None]) -> Response:
    """The list after a change, or what kept it from being made."""
    try:
        desk.store.transact(change)
    except DeskError as error:
        if type(error) is not DeskError:  # one that has an answer of its own: not there, not allowed
            raise
        return _page(request, desk, user, 422, said=str(error))
    return RedirectResponse("/accounts", 303)


def _page(request: Request, desk: Desk, user: User, status: int = 200, **more: Any) -> Response:
    given = {"name": "", "shown_name": "", "role": "reviewer", "agent_id": "", "sso": False}
    shown: dict[str, Any] = {"made": None, "given": given, "said": ""} | more
    shown["said"] = translated(language_of(request, user), shown["said"])
    found = desk.store.transact(accounts.all_accounts, write=False)
    return page(
        request, user, "access/accounts.html.j2", status, accounts=found, roles=ROLES,
        sso=desk.config.review.oidc.wanted, **shown,
    )  # fmt: skip
