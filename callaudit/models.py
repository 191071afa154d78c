"""Models: which there are, where they lie, and whether they are what they should be.

The manifest (`models/manifest.toml`) says where each model comes from. A model that comes in pieces inside Python
packages is joined into the cache under a temporary name, hashed while it is written, and renamed only when it is
right: two processes may do it at once, a full disk or a killed process leaves nothing that could be loaded.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from callaudit.errors import EngineError, ModelMissing

DEFAULT_MODEL = "whisper-base"
_CHUNK = 1 << 20
_NOTED = ".verified.json"
_WEIGHTS = "model.bin"

State = Literal["ready", "can be fetched", "wrong"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model; `parts` are paths below site-packages whose bytes, in this order, make it."""

    name: str
    parts: tuple[str, ...]
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """A model of the manifest; it comes either from `packages` (with `files`) or from a `hub` id."""

    name: str
    about: str
    licence: str
    packages: tuple[str, ...] = ()
    hub: str | None = None
    files: tuple[ModelFile, ...] = ()

    @property
    def size(self) -> int | None:
        """Bytes of all files, None where the manifest does not say."""
        return sum(file.size for file in self.files) or None

    @property
    def sha256(self) -> str | None:
        """Digest of the weights, None where the manifest does not say."""
        return next((file.sha256 for file in self.files if file.name == _WEIGHTS), None)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on this machine: its folder, the name to report, the digest of its weights."""

    path: Path
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model of the manifest, and how it stands on this machine."""

    entry: ManifestEntry
    state: State
    path: Path | None


def cache_dir() -> Path:
    """Folder for joined models: `CALLAUDIT_CACHE`, or else ``callaudit`` in the user's cache folder."""
    named = os.environ.get("CALLAUDIT_CACHE")
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("callaudit")


@cache
def manifest() -> tuple[ManifestEntry, ...]:
    """The models callaudit knows by name, the default first."""
    here = Path(__file__).resolve().parent
    for place in (here / "models_manifest.toml", here.parent / "models" / "manifest.toml"):
        if place.is_file():
            return parse_manifest(place.read_text(encoding="utf-8"))
    raise EngineError("the list of models is missing from this installation of callaudit; install it again")


def parse_manifest(text: str) -> tuple[ManifestEntry, ...]:
    """Entries of a manifest in TOML."""
    return tuple(_entry(table) for table in tomllib.loads(text)["model"])


def list_models(known: Sequence[ManifestEntry] | None = None) -> tuple[ModelState, ...]:
    """Every model of the manifest (or of `known` in its place) with its state; reads no weights."""
    return tuple(_state(entry) for entry in (manifest() if known is None else known))


def resolve(name_or_folder: str, known: Sequence[ManifestEntry] | None = None) -> ModelFiles:
    """The files of a model, joined or downloaded where that is possible.

    Parameters
    ----------
    name_or_folder : name of the manifest, a CTranslate2 folder, or a faster-whisper size or hub id
    known : entries in place of the manifest's

    Raises
    ------
    ModelMissing
        Where the model is not here and cannot be had; the message says what to do.
    EngineError
        Where it cannot be written, or is not what its digest says.
    """
    entries = manifest() if known is None else known
    if any(entry.name == name_or_folder for entry in entries):
        return fetch(name_or_folder, entries)
    folder = Path(name_or_folder).expanduser()
    if folder.is_dir():
        return _from_folder(folder)
    return _from_hub(name_or_folder, name_or_folder)


def fetch(name: str, known: Sequence[ManifestEntry] | None = None) -> ModelFiles:
    """Put a model of the manifest where it can be loaded, unless it is there already."""
    entry = _named(name, manifest() if known is None else known)
    if entry.hub is not None:
        return _from_hub(entry.hub, entry.name)
    folder = cache_dir() / "models" / entry.name
    for file in entry.files:
        if not _is_noted(folder / file.name, file.sha256):
            _join(entry, file, folder)
    return ModelFiles(folder, entry.name, entry.sha256 or _digest_of(folder / _WEIGHTS))


def verify(name: str, known: Sequence[ManifestEntry] | None = None) -> ModelFiles:
    """The model after every byte was hashed again; EngineError where a digest differs.

    A model that is not on this machine is ModelMissing here: verifying fetches nothing.
    """
    entry = _named(name, manifest() if known is None else known)
    files = _here(entry)
    for file in entry.files:
        found = _sha256(files.path / file.name)
        if found != file.sha256:
            raise EngineError(
                f"{files.path / file.name} is not what the manifest says: sha256 {file.sha256} wanted, {found} found; "
                f"delete the file and run `callaudit models fetch {name}`"
            )
        _note(files.path / file.name, found)
    if not entry.files and _sha256(files.path / _WEIGHTS) != files.sha256:
        raise EngineError(f"{files.path / _WEIGHTS} has changed; delete it and run `callaudit models fetch {name}`")
    return files


def _named(name: str, known: Sequence[ManifestEntry]) -> ManifestEntry:
    for entry in known:
        if entry.name == name:
            return entry
    raise ModelMissing(f"no model is named {name!r}; known are: {', '.join(entry.name for entry in known)}")


def _here(entry: ManifestEntry) -> ModelFiles:
    """A model as it lies on this machine, right or wrong."""
    folder = _hub_folder(entry.hub, local_only=True) if entry.hub else cache_dir() / "models" / entry.name
    if folder is None or not (folder / _WEIGHTS).is_file():
        raise ModelMissing(f"model {entry.name} is not on this machine; run `callaudit models fetch {entry.name}`")
    return ModelFiles(folder, entry.name, entry.sha256 or _digest_of(folder / _WEIGHTS))


def _entry(table: dict[str, Any]) -> ManifestEntry:
    files = tuple(
        ModelFile(file["name"], tuple(file["parts"]), file["sha256"], file["size"]) for file in table.get("file", ())
    )
    return ManifestEntry(
        table["name"], table["about"], table["licence"], tuple(table.get("packages", ())), table.get("hub"), files
    )


def _state(entry: ManifestEntry) -> ModelState:
    if entry.hub is not None:
        found = _hub_folder(entry.hub, local_only=True)
        return ModelState(entry, "ready" if found else "can be fetched", found)
    folder = cache_dir() / "models" / entry.name
    if not all((folder / file.name).is_file() for file in entry.files):
        return ModelState(entry, "can be fetched", None)
    right = all((folder / file.name).stat().st_size == file.size for file in entry.files)
    return ModelState(entry, "ready" if right else "wrong", folder)


# ── joining ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _join(entry: ManifestEntry, file: ModelFile, folder: Path) -> None:
    """Write one file of a model from its parts, whole and checked, or not at all."""
    parts = [_part(entry, part) for part in file.parts]
    target = folder / file.name
    temporary: str | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=folder)
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as out:
            for chunk in _chunks(parts):
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != file.sha256:
            raise EngineError(
                f"{file.name} of model {entry.name} joined from {' and '.join(entry.packages)} has sha256 "
                f"{digest.hexdigest()}, wanted {file.sha256}; reinstall with `pip install --force-reinstall "
                f"{' '.join(entry.packages)}`"
            )
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
        temporary = None
        _note(target, file.sha256)
    except OSError as error:
        raise EngineError(
            f"cannot write model {entry.name} to {folder} ({error.strerror or error}); {file.size / 1e6:.0f} MB are "
            f"needed there: free some space, or name another folder in CALLAUDIT_CACHE"
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _part(entry: ManifestEntry, part: str) -> Path:
    """Path of a package's file, found without running the package."""
    package, _, inside = part.partition("/")
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / inside).is_file():
            return Path(place) / inside
    raise ModelMissing(
        f"model {entry.name} needs {part}, which is not installed; run `pip install {' '.join(entry.packages)}`"
    )


def _chunks(paths: list[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK):
                yield chunk


# ── digests that were taken before ───────────────────────────────────────────────────────────────────────────────
def _sha256(path: Path) -> str:
    """Digest of a file; EngineError where it cannot be read."""
    try:
        digest = hashlib.sha256()
        for chunk in _chunks([path]):
            digest.update(chunk)
    except OSError as error:
        raise EngineError(f"cannot read {path} ({error.strerror or error})") from error
    return digest.hexdigest()


def _note_path(path: Path) -> Path:
    """Where the digest of a file is noted: in the cache, named after the file's place."""
    key = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:20]
    return cache_dir() / "digests" / f"{key}{_NOTED}"


def _note(path: Path, sha256: str) -> None:
    """Remember a file's digest with its size and time; a cache that cannot be written is no error."""
    stat = path.stat()
    text = json.dumps({"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": sha256})
    place = _note_path(path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".note.", dir=place.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(temporary).replace(place)
    except OSError:
        return


def _noted(path: Path) -> str | None:
    """The digest noted for a file, None where there is none or the file has changed since."""
    try:
        noted = json.loads(_note_path(path).read_text(encoding="utf-8"))
        stat = path.stat()
        if (noted["size"], noted["mtime_ns"]) == (stat.st_size, stat.st_mtime_ns):
            return str(noted["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def _is_noted(path: Path, sha256: str) -> bool:
    """Whether a file is there and is right: by its note, or by hashing it once more."""
    if not path.is_file():
        return False
    if _noted(path) == sha256:
        return True
    if _sha256(path) != sha256:
        return False
    _note(path, sha256)
    return True


def _digest_of(path: Path) -> str:
    digest = _noted(path)
    if digest is None:
        digest = _sha256(path)
        _note(path, digest)
    return digest


# ── folders and the hub ──────────────────────────────────────────────────────────────────────────────────────────
def _from_folder(folder: Path) -> ModelFiles:
    missing = [name for name in (_WEIGHTS, "config.json", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        raise ModelMissing(
            f"{folder} is not a CTranslate2 Whisper folder: {', '.join(missing)} missing; "
            "convert a model with ct2-transformers-converter, or name one of `callaudit models list`"
        )
    return ModelFiles(folder, folder.resolve().name, _digest_of(folder / _WEIGHTS))


def _from_hub(hub: str, name: str) -> ModelFiles:
    folder = _hub_folder(hub, local_only=True) or _hub_folder(hub, local_only=False)
    if folder is None:
        known = ", ".join(entry.name for entry in manifest())
        raise ModelMissing(
            f"model {name!r} is neither a folder nor on this machine, and could not be downloaded; give a CTranslate2 "
            f"folder, connect to the network, or choose one of: {known}"
        )
    return ModelFiles(folder, name, _digest_of(folder / _WEIGHTS))


def _hub_folder(hub: str, *, local_only: bool) -> Path | None:
    """Folder of a hub model in the Hugging Face cache, downloaded first if allowed; None where it cannot be had."""
    from faster_whisper import download_model

    try:
        folder = Path(download_model(hub, local_files_only=local_only))
    except Exception:  # the hub's client raises dozens of kinds: no network, no such model, no right to it
        return None
    return folder if (folder / _WEIGHTS).is_file() else None
