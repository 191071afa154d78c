"""A review desk with calls, their sound and a user of each role; and browsers that are signed in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from callaudit.config import Config, ReviewConfig
from callaudit.desk import accounts, sign_ins
from callaudit.desk.people import User
from callaudit.store.database import Store, open_store
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from callaudit.web.sessions import COOKIE, csrf_of
from tests.batch.postgres import Postgres
from tests.web import browser as in_chromium
from tests.web.calls import NOW, fill

LOCAL = "http://localhost"


@dataclass
class Clock:
    """The time of a test; it passes only when told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **units: float) -> None:
        self.now += timedelta(**units)


class Browser(TestClient):
    """A browser, signed in as `user` or nobody; what it posts carries the token of its forms."""

    user: User | None = None


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a filled store and its recordings, which no test changes."""
    folder = tmp_path_factory.mktemp("desk")
    with open_store(folder / "calls.db") as store:
        fill(store, folder)
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(filled: Path, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk of the test's own on SQLite: eight calls with their sound, and `tests.web.calls.USERS`."""
    shutil.copy(filled / "calls.db", tmp_path / "calls.db")
    with open_store(tmp_path / "calls.db", patience_s=2.0) as store:
        yield Desk(store, Config(review=ReviewConfig(sound_cache=str(tmp_path / "sound"))), clock)


@pytest.fixture
def postgres_desk(postgres: Postgres, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """The same on PostgreSQL; skipped where there is none."""
    with open_store(postgres.database(f"desk_{uuid4().hex}"), patience_s=20.0) as store:
        fill(store, tmp_path)
        yield Desk(store, Config(review=ReviewConfig(sound_cache=str(tmp_path / "sound"))), clock)


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return make_app(desk)


@pytest.fixture
def client(app: FastAPI, desk: Desk) -> Callable[..., Browser]:
    """Makes browsers: `client("lead")` is signed in as the account of that name, `client()` as nobody."""

    def make(name: str | None = None, **options: Any) -> Browser:
        return browser(app, desk, name, **options)

    return make


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A real browser; skipped with a reason where there is none."""
    if (why := in_chromium.missing()) is not None:
        pytest.skip(why)
    with in_chromium.chromium() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Any, desk: Desk) -> Iterator[in_chromium.Visits]:
    """Opens windows on the desk, served: `visit("lead", theme="dark").goto("/")`."""
    with in_chromium.serving(desk) as address:
        visits = in_chromium.Visits(chromium, desk, address)
        yield visits
        visits.close()


def browser(app: FastAPI, desk: Desk, name: str | None = None, **options: Any) -> Browser:
    """A browser at an application, signed in without the form."""
    made = Browser(app, base_url=options.pop("base_url", LOCAL), **options)
    made.headers["Accept"] = "text/html,*/*;q=0.8"
    if name is not None:
        made.user, secret = signed_in(desk.store, name, desk.clock())
        made.cookies.set(COOKIE, secret, domain="localhost.local")
        made.headers["X-CSRF-Token"] = csrf_of(secret)
    return made


def signed_in(store: Store, name: str, now: datetime) -> tuple[User, str]:
    """The user of that name, and the secret of a new sign-in."""
    with store.session() as session:
        user = accounts.named(session, name)
        return user, sign_ins.begin(session, user.id, now=now, days=7)
