"""Models: which there are, where they lie, and whether they are what they should be.

The manifest (`models/manifest.toml`) says where each model comes from; any other is a folder, or a name of the hub.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from callaudit.errors import EngineError, ModelMissing
from callaudit.models.digests import cache_dir, digest_of, is_noted, note, sha256_of
from callaudit.models.folders import (
    ModelFiles,
    folder_named,
    from_folder,
    from_hub,
    hub_folder,
    recognised,
    weights_in,
)
from callaudit.models.joining import join_parts
from callaudit.models.manifest import ENGINES, Engine, ManifestEntry, ModelFile, manifest, parse_manifest

__all__ = [
    "DEFAULT_MODEL",
    "ENGINES",
    "Engine",
    "ManifestEntry",
    "ModelFile",
    "ModelFiles",
    "ModelState",
    "State",
    "cache_dir",
    "engine_of",
    "fetch",
    "list_models",
    "manifest",
    "parse_manifest",
    "resolve",
    "verify",
]

DEFAULT_MODEL = "whisper-base"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")

State = Literal["ready", "can be fetched", "wrong"]


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model of the manifest, and how it stands on this machine."""

    entry: ManifestEntry
    state: State
    path: Path | None


def list_models(known: Sequence[ManifestEntry] | None = None) -> tuple[ModelState, ...]:
    """Every model of the manifest (or of `known` in its place) with its state; reads no weights."""
    return tuple(_state(entry) for entry in (manifest() if known is None else known))


def resolve(name_or_folder: str, known: Sequence[ManifestEntry] | None = None) -> ModelFiles:
    """The files of a model, joined or downloaded where that is possible.

    Parameters
    ----------
    name_or_folder : name of the manifest, a folder (CTranslate2 Whisper, or SenseVoice or Paraformer in ONNX form), or
        a faster-whisper size or hub id
    known : entries in place of the manifest's

    Raises
    ------
    ModelMissing
        Where the model is not here and cannot be had; the message says what to do.
    EngineError
        Where it cannot be written, or is not what its digest says.
    """
    folder = folder_named(name_or_folder, manifest() if known is None else known)
    return fetch(name_or_folder, known) if folder is None else from_folder(folder)


def engine_of(name_or_folder: str, known: Sequence[ManifestEntry] | None = None) -> Engine:
    """What runs a model; looks at names and at what a folder holds, fetches and reads nothing.

    Raises
    ------
    ModelMissing
        The folder holds no model, or not all of one.
    """
    entries = manifest() if known is None else known
    folder = folder_named(name_or_folder, entries)
    if folder is not None:
        return recognised(folder)[0]
    return next((entry.engine for entry in entries if entry.name == name_or_folder), "faster-whisper")


def fetch(name: str, known: Sequence[ManifestEntry] | None = None) -> ModelFiles:
    """Put a model of the manifest, a faster-whisper size or hub id where it can be loaded, unless it is there."""
    entry = _named(name, manifest() if known is None else known)
    if entry.hub is not None:
        return from_hub(entry)
    folder = cache_dir() / "models" / entry.name
    for file in entry.files:
        if not is_noted(folder / file.name, file.sha256):
            join_parts(entry, file, folder)
    return ModelFiles(folder, entry.name, entry.sha256 or digest_of(folder / weights_in(folder)))


def verify(name_or_folder: str, known: Sequence[ManifestEntry] | None = None) -> ModelFiles:
    """The model after every byte was hashed again; EngineError where a digest differs.

    A folder must hold every file of a model of its kind; nothing says what its digest should be, so the one found is
    handed back. A model that is not on this machine is ModelMissing here: verifying fetches nothing.
    """
    entries = manifest() if known is None else known
    folder = folder_named(name_or_folder, entries)
    if folder is not None:
        engine, weights = recognised(folder)
        found = sha256_of(folder / weights)
        note(folder / weights, found)
        return ModelFiles(folder, folder.resolve().name, found, engine, weights)
    entry = _named(name_or_folder, entries)
    files = _here(entry)
    for file in entry.files:
        found = sha256_of(files.path / file.name)
        if found != file.sha256:
            raise EngineError(
                f"{files.path / file.name} is not what the manifest says: sha256 {file.sha256} wanted, {found} found; "
                f"delete the file and run `callaudit models fetch {entry.name}`"
            )
        note(files.path / file.name, found)
    weights_path = files.path / files.weights
    if not entry.files and sha256_of(weights_path) != files.sha256:
        raise EngineError(f"{weights_path} has changed; delete it and run `callaudit models fetch {entry.name}`")
    return files


def _named(name: str, known: Sequence[ManifestEntry]) -> ManifestEntry:
    """The entry of a name; one made up for a faster-whisper size or hub id, which the manifest need not list."""
    for entry in known:
        if entry.name == name:
            return entry
    sizes = _sizes()
    if name in sizes or _HUB_ID.fullmatch(name):
        return ManifestEntry(name, "faster-whisper size or hub id", "see its page", hub=name)
    names = [*(entry.name for entry in known), *sizes]
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ModelMissing(f"no model is named {name!r}; {hint}known are: {', '.join(names)}, or give a folder")


def _sizes() -> list[str]:
    """Sizes of Whisper that faster-whisper knows by name."""
    from faster_whisper import available_models

    return list(available_models())


def _here(entry: ManifestEntry) -> ModelFiles:
    """A model as it lies on this machine, right or wrong."""
    folder = hub_folder(entry) if entry.hub else cache_dir() / "models" / entry.name
    weights = weights_in(folder) if folder else ""
    if folder is None or not (folder / weights).is_file():
        raise ModelMissing(f"model {entry.name} is not on this machine; run `callaudit models fetch {entry.name}`")
    return ModelFiles(folder, entry.name, entry.sha256 or digest_of(folder / weights), entry.engine, weights)


def _state(entry: ManifestEntry) -> ModelState:
    if entry.hub is not None:
        found = hub_folder(entry)
        return ModelState(entry, "ready" if found else "can be fetched", found)
    folder = cache_dir() / "models" / entry.name
    if not all((folder / file.name).is_file() for file in entry.files):
        return ModelState(entry, "can be fetched", None)
    right = all((folder / file.name).stat().st_size == file.size for file in entry.files)
    return ModelState(entry, "ready" if right else "wrong", folder)
