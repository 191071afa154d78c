"""The application: every router of `pages` and `api` behind one front door."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from fastapi import APIRouter, FastAPI, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.middleware.trustedhost import TrustedHostMiddleware

from callaudit import __version__
from callaudit.desk.whatif import Trials
from callaudit.web import api, pages
from callaudit.web.desk import Desk
from callaudit.web.faults import add_faults
from callaudit.web.front import Front
from callaudit.web.gate import Gate
from callaudit.web.oidc import Provider
from callaudit.web.sessions import is_local
from callaudit.web.shared import Shared
from callaudit.web.tries import Tries

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]")
"""By which this machine calls itself: a page elsewhere whose name leads here (DNS rebinding) is no page of ours."""

_TOKEN = HTTPBearer(auto_error=False, description="A token of the page /me.")  # says so; the gate looks at it


class Refused(BaseModel):
    """Why something was not done, in words for people."""

    detail: str


class Invalid(BaseModel):
    """Why values were not taken: in words, or by value."""

    detail: str | list[dict[str, Any]]


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refused, "description": "The request cannot be read: what it carries is no JSON."},
    401: {"model": Refused, "description": "No token, or one that opens nothing."},
    403: {"model": Refused, "description": "The role does not allow it, or the token only reads."},
    404: {"model": Refused, "description": "There is no such thing, or it may not be seen."},
    409: {"model": Refused, "description": "Somebody else changed it meanwhile."},
    413: {"model": Refused, "description": "It carries more than a mebibyte."},
    422: {"model": Invalid, "description": "A value is missing or is none that can be taken: which, or why."},
    503: {"model": Refused, "description": "The store does not answer; nothing was done."},
}


def make_app(desk: Desk, shared: Shared | None = None) -> FastAPI:
    """The review desk on a store; a part that does not load stops it. `shared` is what it has in common with others."""
    app = FastAPI(title="callaudit", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk, app.state.shared = desk, shared or Shared(Tries(), Trials(desk.store, desk.config))
    oidc = desk.config.review.oidc
    app.state.provider = Provider(oidc) if oidc.wanted else None
    for package in (pages, api):
        for module in iter_modules(package.__path__):
            router = import_module(f"{package.__name__}.{module.name}").router
            assert isinstance(router, APIRouter)
            if package is api:
                app.include_router(router, dependencies=[Security(_TOKEN)], responses=REFUSALS)
            else:
                app.include_router(router, include_in_schema=False)
    add_faults(app)
    app.add_middleware(Gate, desk=desk)
    hosts = desk.config.review.hosts or (LOCAL_HOSTS if is_local(desk.config.review.host) else ("*",))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    app.add_middleware(Front, root_path=desk.config.review.root_path)  # the last one is the outermost
    return app
