"""The real work of a worker: the same audit as `callaudit audit` makes, whatever executor has it done."""

from __future__ import annotations

import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from callaudit.audio.digest import sha256_of
from callaudit.batch.executors.processes import Processes
from callaudit.batch.executors.serial import Serial
from callaudit.batch.tasks import Done, Lost, Task
from callaudit.batch.worker import HearAndJudge
from callaudit.config import Config, EngineConfig, StoreConfig
from callaudit.errors import ModelMissing
from callaudit.pipeline import Auditor, audit_file
from callaudit.reports.json import audit_document
from callaudit.store.documents import unpacked
from callaudit.store.entries import joined

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = ("telecom-silent-call-bad.flac", "bank-outbound-night-bad.flac")


def _tasks(folder: Path) -> list[Task]:
    return [Task(k, sha256_of(folder / name), str(folder / name)) for k, name in enumerate(NAMES)]


@pytest.mark.engine
@pytest.mark.slow
def test_processes_give_what_the_serial_one_gives_and_that_is_the_audit(tmp_path: Path) -> None:
    config = Config(engine=EngineConfig(threads=1))
    tasks = _tasks(SAMPLES)
    here = {one.task.id: one for one in Serial().run(tasks, HearAndJudge(config))}
    apart = {one.task.id: one for one in Processes(2).run(tasks, HearAndJudge(config))}
    auditor = Auditor.from_config(Config(engine=EngineConfig(threads=2)))
    for task in tasks:
        first, second = here[task.id], apart[task.id]
        assert isinstance(first, Done)
        assert isinstance(second, Done)
        assert first.entry == second.entry
        document = joined(unpacked(first.entry.call.document), unpacked(first.entry.judgement.document))
        assert document == audit_document(audit_file(task.location, auditor))


@pytest.mark.engine
def test_a_file_that_changed_since_it_was_found_is_no_call(tmp_path: Path) -> None:
    path = tmp_path / NAMES[0]
    shutil.copyfile(SAMPLES / NAMES[0], path)
    task = replace(_tasks(SAMPLES)[1], location=str(path))
    (outcome,) = Serial().run([task], HearAndJudge(Config(engine=EngineConfig(threads=2))))
    assert isinstance(outcome, Lost)
    assert (outcome.kind, outcome.may_pass) == ("FileChanged", True)


def test_corrupt_and_missing_files_are_lost_with_their_cause(tmp_path: Path) -> None:
    (tmp_path / "corrupt.wav").write_bytes(b"RIFF of nothing")
    tasks = [Task(1, "a" * 64, str(tmp_path / "corrupt.wav")), Task(2, "b" * 64, str(tmp_path / "gone.wav"))]
    outcomes = list(Serial().run(tasks, HearAndJudge(Config())))
    assert [(one.kind, one.may_pass) for one in outcomes if isinstance(one, Lost)] == [("UnreadableAudio", False)] * 2


def test_a_model_that_is_not_here_is_said_before_any_call() -> None:
    config = Config(engine=EngineConfig(model="whisper-nonesuch"))
    with pytest.raises(ModelMissing):
        list(Serial().run([Task(1, "a" * 64, "nowhere.wav")], HearAndJudge(config)))


def test_workers_are_not_told_where_the_store_is() -> None:
    make = HearAndJudge(Config(store=StoreConfig(url="postgresql://qa:secret@host/calls")))
    assert b"secret" not in pickle.dumps(make)
