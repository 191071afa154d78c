"""Saved filters of the queue, for programs: own ones, and those that leads share."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy.orm import Session

from callaudit.desk import views
from callaudit.desk.people import User
from callaudit.desk.views import LONGEST_NAME, View
from callaudit.web.desk import TheDesk, needs
from callaudit.web.models import Fault, Model

router = APIRouter(prefix="/api", tags=["views"])
Searcher = Annotated[User, needs("search")]
ViewId = Annotated[int, Path(ge=1, le=2**63 - 1, description="id of a view")]


class ViewIn(Model):
    """Filters under a name; `query` is what follows the ? of the queue's address, what is none of it is left out.

    One's own view of the same name is replaced. Only leads share.
    """

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    query: Annotated[str, Field(max_length=4000)] = ""
    shared: bool = False


class ViewOut(Model):
    """A view; `by` is who shares it, null where it is one's own."""

    id: int
    name: str
    query: str
    shared: bool
    by: str | None


_FAULTS: dict[int | str, dict[str, object]] = {
    403: {"model": Fault}, 422: {"description": "It cannot be done"},
}  # fmt: skip


@router.get("/views", responses={403: {"model": Fault}})
def list_views(desk: TheDesk, user: Searcher) -> list[ViewOut]:
    """One's own views, then those that others share."""
    with desk.store.session(write=False) as session:
        return [_view(one) for one in views.views_of(session, user)]


@router.post("/views", status_code=201, responses=_FAULTS)
def keep_view(desk: TheDesk, user: Searcher, given: ViewIn) -> ViewOut:
    """Keeps filters under a name."""

    def work(session: Session) -> View:
        kept = views.keep(session, user, given.name, given.query, shared=given.shared)
        return next(one for one in views.views_of(session, user) if one.id == kept)

    return _view(desk.store.transact(work))


@router.delete("/views/{view_id}", status_code=204, responses={403: {"model": Fault}, 404: {"model": Fault}})
def drop_view(desk: TheDesk, user: Searcher, view_id: ViewId) -> None:
    """Deletes an own view."""
    desk.store.transact(lambda session: views.drop(session, user, view_id))


def _view(given: View) -> ViewOut:
    return ViewOut(id=given.id, name=given.name, query=given.query, shared=given.shared, by=given.by)
