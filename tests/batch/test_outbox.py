"""The out folder by itself: whose file is whose, and which is the present one."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callaudit.batch.outbox import Outbox, file_name
from callaudit.errors import CallauditError
from callaudit.reports.json import audit_document, dumped
from tests.batch.fakes import audit_of

ONE, OTHER = "1" * 64, "2" * 64
AT = datetime(2026, 11, 20, 3, 4, 5, 678901, UTC)


def report(recording_id: str) -> str:
    return dumped(audit_document(audit_of(recording_id, "/calls/1.wav")))


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    made = Outbox(tmp_path / "out")
    made.prepare()
    return made


def write(outbox: Outbox, recording_id: str, at: datetime = AT, name: str = "1") -> str:
    return outbox.write(name, recording_id, at, lambda: report(recording_id)).name


def test_a_judgement_made_later_replaces_the_one_outside(outbox: Outbox) -> None:
    assert not outbox.is_current("1", ONE, AT)
    write(outbox, ONE)
    assert outbox.is_current("1", ONE, AT)
    later = AT + timedelta(microseconds=1)
    assert not outbox.is_current("1", ONE, later)
    assert write(outbox, ONE, later) == "1.json"
    assert outbox.is_current("1", ONE, later)
    assert len(list(outbox.folder.iterdir())) == 1


def test_the_file_of_another_recording_and_of_a_stranger_is_left_alone(outbox: Outbox) -> None:
    (outbox.folder / "2.json").write_text("{}")
    assert write(outbox, ONE) == "1.json"
    assert write(outbox, OTHER) == "1.22222222.json"
    assert write(outbox, ONE, name="2") == "2.11111111.json"
    assert (outbox.folder / "1.json").read_text() == report(ONE)
    assert (outbox.folder / "2.json").read_text() == "{}"
    assert outbox.is_current("1", OTHER, AT)


@pytest.mark.parametrize("left", [0, 4096, 70_000])
def test_a_file_that_a_power_failure_cut_short_is_written_again(outbox: Outbox, left: int) -> None:
    write(outbox, ONE)
    path = outbox.folder / "1.json"
    before = path.stat()
    os.truncate(path, left)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not outbox.is_current("1", ONE, AT)
    assert write(outbox, ONE) == "1.json"
    assert path.read_text() == report(ONE)


def test_drafts_of_the_dead_are_swept_and_those_of_the_living_are_not(outbox: Outbox, tmp_path: Path) -> None:
    (outbox.folder / ".1.json.x.part").touch()
    outbox.prepare()
    assert len(list(outbox.folder.iterdir())) == 1


def test_a_file_in_place_of_the_folder_is_said_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(CallauditError, match="cannot write the audits"):
        Outbox(tmp_path / "out").prepare()


def test_names_are_such_as_every_system_takes() -> None:
    assert file_name("客服 01.wav", ONE) == "客服 01"
    for name in ("nul.wav", "a:b.wav", "x.meta.wav", "SUMMARY.mp3", "a\u202eb.wav", "trailing .wav"):
        assert file_name(name, ONE).endswith(".11111111")
    assert len((file_name("长" * 300, ONE) + ".json").encode()) < 200
