"""Stores on both databases, and the audits of the samples."""

from __future__ import annotations

from tests.store.conftest import audits, new_url, store, url  # noqa: F401  # fixtures
