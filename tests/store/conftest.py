"""Stores on both databases, and calls to put into them: the audits of the samples, and small made-up ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from callaudit.records import Audit
from callaudit.reports.stored import audit_from
from callaudit.store.database import Store, open_store
from tests.batch.postgres import Postgres
from tests.waiting import HANG_S

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Addresses of new, empty databases."""

    def make() -> str:
        name = f"store_{uuid4().hex}"
        if request.param == "sqlite":
            return str(tmp_path / f"{name}.db")
        server: Postgres = request.getfixturevalue("postgres")
        return server.database(name)

    return make


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url, patience_s=HANG_S) as opened:
        yield opened


@pytest.fixture(scope="session")
def audits() -> list[Audit]:
    """The audits of the samples."""
    found = [audit_from(json.loads(path.read_text())) for path in sorted(SAMPLES.glob("*.audit.json"))]
    assert len(found) >= 3
    return found
