"""The manifest of models: which callaudit knows by name, where each comes from, what it must be."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from callaudit.errors import EngineError

Engine = Literal["faster-whisper", "funasr-onnx"]
ENGINES: tuple[Engine, ...] = ("faster-whisper", "funasr-onnx")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model; `parts` are paths below site-packages whose bytes, in this order, make it."""

    name: str
    parts: tuple[str, ...]
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """A model of the manifest; it comes either from `packages` (with `files`) or from a `hub` id.

    `engine` says what runs it; `hub_files` which files of the hub it is, empty for those of a CTranslate2 model.
    """

    name: str
    about: str
    licence: str
    packages: tuple[str, ...] = ()
    hub: str | None = None
    files: tuple[ModelFile, ...] = ()
    engine: Engine = "faster-whisper"
    hub_files: tuple[str, ...] = ()

    @property
    def size(self) -> int | None:
        """Bytes of all files, None where the manifest does not say."""
        return sum(file.size for file in self.files) or None

    @property
    def sha256(self) -> str | None:
        """Digest of the weights, None where the manifest does not say."""
        return next((file.sha256 for file in self.files if file.name == "model.bin"), None)


@cache
def manifest() -> tuple[ManifestEntry, ...]:
    """The models callaudit knows by name, the default first."""
    here = Path(__file__).resolve().parent.parent
    for place in (here / "models_manifest.toml", here.parent / "models" / "manifest.toml"):
        if place.is_file():
            return parse_manifest(place.read_text(encoding="utf-8"))
    raise EngineError("the list of models is missing from this installation of callaudit; install it again")


def parse_manifest(text: str) -> tuple[ManifestEntry, ...]:
    """Entries of a manifest in TOML."""
    return tuple(_entry(table) for table in tomllib.loads(text)["model"])


def _entry(table: dict[str, Any]) -> ManifestEntry:
    files = tuple(
        ModelFile(file["name"], tuple(file["parts"]), file["sha256"], file["size"]) for file in table.get("file", ())
    )
    return ManifestEntry(
        table["name"],
        table["about"],
        table["licence"],
        tuple(table.get("packages", ())),
        table.get("hub"),
        files,
        next(engine for engine in ENGINES if engine == table.get("engine", "faster-whisper")),
        tuple(table.get("hub_files", ())),
    )
