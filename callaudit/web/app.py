"""The application: every router of `pages` and `api` behind one front door."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter, FastAPI

from callaudit import __version__
from callaudit.web import api, pages
from callaudit.web.desk import Desk


def make_app(desk: Desk) -> FastAPI:
    """The review desk on a store; a part that does not load stops it."""
    app = FastAPI(title="callaudit", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    for package in (pages, api):
        for module in iter_modules(package.__path__):
            router = import_module(f"{package.__name__}.{module.name}").router
            assert isinstance(router, APIRouter)
            app.include_router(router)
    return app
