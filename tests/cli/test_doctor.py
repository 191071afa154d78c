"""The doctor finds what is ill, says what to do, and dies of nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from callaudit.cli.doctor import doctor
from callaudit.config import BatchConfig, Config, NightlyConfig, NotifyConfig, StoreConfig
from callaudit.doctor import Check, examine
from callaudit.doctor.check import looked
from callaudit.doctor.decoders import decoders
from callaudit.doctor.installed import libraries
from callaudit.doctor.machine import clock, power, rooms
from callaudit.doctor.selftest import self_test
from callaudit.doctor.setup import batch, models, rulebook, settings, sources, store
from callaudit.store.database import open_store


def states(checks: object) -> dict[str, str]:
    return {check.name: check.state for check in checks}  # type: ignore[attr-defined]  # an iterable of Check


def test_every_usual_format_is_decoded_here() -> None:
    assert states(decoders()) == {"decoders": "well"}


def test_a_format_that_cannot_be_decoded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    def refused(*names: object, **options: object) -> None:
        raise av.error.DecoderNotFoundError(1, "no such decoder")

    monkeypatch.setattr(av, "open", refused)
    found = states(decoders())
    assert {"decoder AMR", "decoder G.729", "decoder M4A (AAC)", "decoder MP3"} <= set(found)
    assert "decoder FLAC" not in found  # libsndfile's


def test_libraries_load_here() -> None:
    assert states(libraries())["loading"] == "well"


def test_a_library_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    assert states(libraries())["soxr"] == "ill"


def test_a_look_that_crashes_is_ill_and_keeps_what_it_saw() -> None:
    def look() -> object:
        yield Check("first", "well", "is here")
        raise RuntimeError("two\nlines")

    found = looked("second", look)  # type: ignore[arg-type]  # a generator of Check
    assert states(found) == {"first": "well", "second": "ill"}
    assert found[1].says == "could not be checked: RuntimeError: two lines"


def test_the_machine_is_described() -> None:
    assert set(states(power())) == {"cores", "memory"}
    assert set(states(clock())) == {"time zone"}


def test_rooms(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = states(rooms({"audits": tmp_path / "not" / "yet", "models": tmp_path / "file" / "below"}))
    assert found == {"room for audits": "well", "room for models": "ill"}


def test_settings_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    for text, state in (("[batch]\nworkers = 2\n", "well"), ("[batch]\nworker = 2\n", "ill"), ("[", "ill")):
        file.write_text(text)
        assert settings(file)[1].state == state
    file.write_text("[recordings]\nfilename_pattern = '('\n")
    assert settings(file)[1].state == "ill"
    assert settings(None)[1].state == "note"
    assert settings(tmp_path / "none.toml")[1].state == "ill"


def test_a_model_that_is_not_here_or_not_whole_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config()
    absent = replace(config, engine=replace(config.engine, model=str(tmp_path / "none")))
    assert states(models(absent))["model"] == "ill"
    assert states(self_test(absent)) == {"self-test": "ill"}
    monkeypatch.setenv("CALLAUDIT_CACHE", str(tmp_path))
    hub = replace(config, engine=replace(config.engine, model="tiny"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    (check, *_) = models(hub)
    assert check.state == "ill"
    assert "callaudit models fetch tiny" in (check.todo or "")


def test_rulebooks(tmp_path: Path) -> None:
    config = Config()
    assert states(rulebook(config)) == {"rulebook": "well"}
    wrong = replace(config, judge=replace(config.judge, rulebook=str(tmp_path / "none.yaml")))
    assert states(rulebook(wrong)) == {"rulebook": "ill"}


def test_stores(tmp_path: Path) -> None:
    def state(url: str | None) -> tuple[str, str]:
        (check,) = store(Config(store=StoreConfig(url=url)))
        return check.state, check.says

    assert state(None)[0] == "note"
    assert state(str(tmp_path / "new.db"))[0] == "note"
    assert not (tmp_path / "new.db").exists()
    assert state(str(tmp_path / "none" / "new.db"))[0] == "ill"
    open_store(tmp_path / "calls.db").close()
    assert state(str(tmp_path / "calls.db"))[0] == "well"
    (tmp_path / "no.db").write_bytes(b"no database" * 1000)
    assert state(str(tmp_path / "no.db"))[0] == "ill"
    pytest.importorskip("psycopg")
    told = state("postgresql://qa:s3cret@127.0.0.1:9/calls")
    assert told[0] == "ill"
    assert "s3cret" not in told[1]


def test_what_a_batch_cannot_begin_with_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def state(**sections: object) -> str:
        (check,) = batch(Config(**sections))  # type: ignore[arg-type]  # sections by name
        return check.state

    monkeypatch.delenv("NIGHT_URLS", raising=False)
    assert state() == "well"
    assert state(batch=BatchConfig(sample="some")) == "ill"
    assert state(nightly=NightlyConfig(purge_older_than="soon")) == "ill"
    assert state(notify=NotifyConfig("NIGHT_URLS")) == "ill"


def test_sources(tmp_path: Path) -> None:
    def state(source: str) -> str:
        (check,) = sources(Config(nightly=NightlyConfig(sources=(source,))))
        assert "s3cret" not in check.name + check.says
        return check.state

    assert state(str(tmp_path)) == state(f"{tmp_path}/*/*.wav") == "well"
    assert state(str(tmp_path / "none")) == state("sftp://qa:s3cret@host/calls") == "ill"


def test_the_command_says_it_as_lines_and_as_json(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[batch]\nworker = 2\n")
    run = CliRunner().invoke(doctor, ["--no-self-test", "--config", str(file)])
    assert run.exit_code == 2
    assert "WRONG settings: " in run.output
    assert "      → correct the file" in run.output
    run = CliRunner().invoke(doctor, ["--no-self-test", "--json", "--config", str(file), "--out", str(tmp_path)])
    document = json.loads(run.stdout)
    assert (run.exit_code, document["well"]) == (2, False)
    assert {"program", "decoders", "room for audits"} <= {check["name"] for check in document["checks"]}
    assert all(check["todo"] for check in document["checks"] if check["state"] == "ill")


@pytest.mark.parametrize("missing", ["pydantic", "numpy", "av", "psutil", "sqlalchemy"])
def test_a_broken_installation_is_told_and_not_died_of(missing: str) -> None:
    code = (
        "import sys\n"
        f"sys.modules[{missing!r}] = None\n"
        "from callaudit.cli.doctor import doctor\n"
        "doctor(['--no-self-test'])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert missing in run.stdout


@pytest.mark.engine
def test_the_call_in_the_package_is_audited_as_it_should_be() -> None:
    found = list(self_test(Config()))
    assert states(found) == {"self-test: sound": "well", "self-test: hearing": "well", "self-test: judging": "well"}


@pytest.mark.engine
def test_all_is_well_without_a_network() -> None:
    if shutil.which("unshare") is None or os.name != "posix" or os.geteuid() != 0:
        pytest.skip("needs root and unshare to take the network away")
    code = "from callaudit.cli.doctor import doctor; doctor(['--no-self-test'])"
    run = subprocess.run(["unshare", "--net", sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if "unshare" in run.stderr:
        pytest.skip("the network cannot be taken away here")
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, "All is well.")


def test_everything_is_looked_at_even_where_the_settings_are_wrong(tmp_path: Path) -> None:
    names = [check.name for check in examine(tmp_path / "none.toml", with_self_test=False)]
    assert {"program", "settings", "rulebook", "store", "model", "decoders"} <= set(names)
