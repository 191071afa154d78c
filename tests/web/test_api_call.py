"""A call for programs: its audit, and its sound, with the same rights as on the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callaudit.web.desk import Desk
from tests.web.conftest import Browser
from tests.web.test_sound_streaming import PERSONAL, acts, call_id, file_of

Client = Callable[..., Browser]


def test_the_audit_of_a_call(desk: Desk, client: Client) -> None:
    answer = client("lead").get("/api/calls/1/audit")
    assert answer.json() == desk.store.document(1)
    assert [who for who, _ in acts(desk, "export call")] == ["lead"]


@pytest.mark.parametrize("name", ["reviewer", "agent"])
def test_who_may_not_export_has_it_not(desk: Desk, client: Client, name: str) -> None:
    assert client(name).get("/api/calls/1/audit").status_code == 403
    assert acts(desk, "export call") == []


def test_the_sound_is_muted_until_it_is_asked_for(desk: Desk, client: Client) -> None:
    address, recorded = f"/api/calls/{call_id(desk, PERSONAL)}/sound", file_of(desk, PERSONAL).read_bytes()
    lead = client("lead")
    assert lead.get(f"{address}?unmuted=true").content != recorded
    assert client("reviewer").post(address.replace("/sound", "/unmuted")).status_code == 403
    assert lead.post(address.replace("/sound", "/unmuted")).json()["minutes"] == 60
    assert lead.get(f"{address}?unmuted=true").content == recorded
    assert lead.get(address, headers={"Range": "bytes=0-3"}).content == b"RIFF"


def test_what_is_not_there_is_not_there(client: Client) -> None:
    assert client("lead").get("/api/calls/999/sound").status_code == 404
    assert client("lead").get("/api/calls/0/audit").status_code == 422
