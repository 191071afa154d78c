"""The sound of a call over HTTP: ranges, silence where personal data is said, and nobody else's sound."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy import select, update

from callaudit.privacy import silent_spans
from callaudit.store.tables import AccessRow, CallRow
from callaudit.web.desk import Desk
from tests.web.calls import AGENT, checked
from tests.web.conftest import Browser, Clock

Client = Callable[..., Browser]
PLAIN, PERSONAL = "courier-abuse-bad", "bank-hold-good"
"""A call in which nothing personal is said, and one with an account number."""


def call_id(desk: Desk, sample: str) -> int:
    with desk.store.session(write=False) as session:
        return session.scalars(select(CallRow.id).where(CallRow.path.endswith(f"/{sample}.flac"))).one()


def file_of(desk: Desk, sample: str) -> Path:
    with desk.store.session(write=False) as session:
        return Path(session.scalars(select(CallRow.path).where(CallRow.id == call_id(desk, sample))).one())


def acts(desk: Desk, act: str) -> list[tuple[str, str | None]]:
    with desk.store.session(write=False) as session:
        rows = select(AccessRow.who, AccessRow.recording_id).where(AccessRow.act == act).order_by(AccessRow.id)
        return [tuple(row) for row in session.execute(rows)]


@pytest.fixture
def plain(desk: Desk) -> str:
    return f"/calls/{call_id(desk, PLAIN)}/sound"


@pytest.fixture
def personal(desk: Desk) -> str:
    return f"/calls/{call_id(desk, PERSONAL)}/sound"


# ── ranges ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_whole_sound(desk: Desk, client: Client, plain: str) -> None:
    kept = file_of(desk, PLAIN).read_bytes()
    answer = client("reviewer").get(plain)
    assert answer.status_code == 200
    assert answer.content == kept
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(len(kept))
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == "inline"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, -1), ("bytes=-50", -50, -1), ("bytes=0-0", 0, 0),
     ("bytes=7-99999999", 7, -1)],
)  # fmt: skip
def test_a_range(desk: Desk, client: Client, plain: str, asked: str, first: int, last: int) -> None:
    kept = file_of(desk, PLAIN).read_bytes()
    first, last = first % len(kept), last % len(kept)
    answer = client("reviewer").get(plain, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == kept[first : last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(kept)}"
    assert answer.headers["content-length"] == str(last - first + 1)


def test_a_range_behind_the_end_is_refused(desk: Desk, client: Client, plain: str) -> None:
    size = file_of(desk, PLAIN).stat().st_size
    answer = client("reviewer").get(plain, headers={"Range": f"bytes={size}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"


def test_a_range_of_other_bytes_is_the_whole(desk: Desk, client: Client, plain: str) -> None:
    browser = client("reviewer")
    tag = browser.head(plain).headers["etag"]
    assert browser.get(plain, headers={"Range": "bytes=0-9", "If-Range": tag}).status_code == 206
    other = browser.get(plain, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert other.status_code == 200
    assert len(other.content) == file_of(desk, PLAIN).stat().st_size


def test_head_tells_all_and_sends_nothing(desk: Desk, client: Client, plain: str) -> None:
    answer = client("reviewer").head(plain)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["content-length"] == str(file_of(desk, PLAIN).stat().st_size)


def test_no_header_names_the_file(desk: Desk, client: Client, plain: str, personal: str) -> None:
    for address in (plain, personal):
        told = str(client("lead").get(address).headers).lower()
        assert PLAIN not in told
        assert PERSONAL not in told


# ── personal data ────────────────────────────────────────────────────────────────────────────────────────────────
def heard(browser: Browser, address: str) -> tuple[np.ndarray, int]:
    answer = browser.get(address)
    assert answer.status_code == 200
    return soundfile.read(io.BytesIO(answer.content), dtype="int16")


def test_what_is_personal_is_silent_and_all_else_untouched(desk: Desk, client: Client, personal: str) -> None:
    recorded, rate = soundfile.read(file_of(desk, PERSONAL), dtype="int16")
    spans = silent_spans(desk.store.call(call_id(desk, PERSONAL)), ("card", "code"))
    assert spans, "the sample holds personal data"

    played, played_rate = heard(client("lead"), personal)

    assert (played_rate, played.shape) == (rate, recorded.shape)
    touched = np.zeros(len(recorded), dtype=bool)
    fade = round(0.01 * rate) + 1
    for span in spans:
        first, end = int(span.start_s * rate), int(np.ceil(span.end_s * rate))
        assert recorded[first:end].any()
        assert not played[first + 1 : end - 1].any()
        touched[max(0, first - fade) : end + fade] = True
    assert np.array_equal(played[~touched], recorded[~touched])


def test_who_may_hears_it_after_saying_so(desk: Desk, client: Client, personal: str, clock: Clock) -> None:
    recorded = file_of(desk, PERSONAL).read_bytes()
    lead, whole = client("lead"), f"{personal}?unmuted=1"
    assert lead.get(whole).content != recorded  # nobody has said so
    asked = lead.post(personal.replace("/sound", "/unmuted"), data={"queue": "x"}, follow_redirects=False)
    assert asked.status_code == 303
    assert asked.headers["location"].endswith("?queue=x&unmuted=1")
    assert lead.get(whole).content == recorded
    assert lead.get(personal).content != recorded  # only where it is asked for
    assert client("admin").get(whole).content != recorded  # for nobody else
    assert [who for who, _ in acts(desk, "hear unmuted")] == ["lead"]
    clock.passes(minutes=61)
    assert lead.get(whole).content != recorded


@pytest.mark.parametrize("name", ["reviewer", "agent"])
def test_who_may_not_never_hears_it(desk: Desk, client: Client, name: str, personal: str) -> None:
    with desk.store.session() as session:
        call = session.get_one(CallRow, call_id(desk, PERSONAL))
        call.agent_id = AGENT
        checked(session, call.recording_id)
    browser = client(name)
    assert browser.post(personal.replace("/sound", "/unmuted")).status_code == 403
    assert browser.get(f"{personal}?unmuted=1").content != file_of(desk, PERSONAL).read_bytes()
    assert acts(desk, "hear unmuted") == []


# ── nothing else ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_nobody_hears_without_signing_in(client: Client, plain: str) -> None:
    assert client().get(plain, follow_redirects=False).status_code in (303, 401)


def test_an_agent_hears_own_calls_alone(desk: Desk, client: Client, plain: str, personal: str) -> None:
    agent = client("agent")
    assert agent.get(plain).status_code == 404  # nobody has reviewed it
    with desk.store.session() as session:
        for call in session.scalars(select(CallRow)):
            checked(session, call.recording_id)
    assert agent.get(plain).status_code == 200
    assert agent.get(personal).status_code == agent.get("/calls/999/sound").status_code == 404


def test_another_recording_is_not_played(desk: Desk, client: Client, plain: str, tmp_path: Path) -> None:
    other = tmp_path / "other.flac"
    other.write_bytes(file_of(desk, PERSONAL).read_bytes())
    with desk.store.session() as session:
        session.execute(update(CallRow).where(CallRow.id == call_id(desk, PLAIN)).values(path=str(other)))
    answer = client("lead").get(plain)
    assert answer.status_code == 404
    assert answer.headers["x-no-sound"] == "other"
    assert answer.content == b""


@pytest.mark.parametrize("id", ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "1%00", "-1", "0", str(2**64), "1.5"])
def test_what_is_no_call_has_no_sound(client: Client, id: str) -> None:
    assert client("lead").get(f"/calls/{id}/sound", follow_redirects=False).status_code in (404, 422)


def test_no_path_comes_from_outside(desk: Desk, client: Client, plain: str) -> None:
    kept = file_of(desk, PLAIN).read_bytes()
    given = {"path": "/etc/passwd", "location": "/etc/passwd", "file": "/etc/passwd"}
    assert client("lead").get(plain, params=given, headers={"X-Accel-Redirect": "/etc/passwd"}).content == kept
