"""What is installed: this program, the libraries that it rests on, and the extras."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from callaudit import __version__
from callaudit.doctor.check import Check

LOADED = (
    "numpy", "scipy", "soundfile", "av", "soxr", "onnxruntime", "ctranslate2", "faster_whisper", "webrtcvad", "opencc",
    "numba", "cryptography", "zstandard", "sqlalchemy", "alembic", "pydantic",
)  # fmt: skip
"""Modules that a call cannot do without, most with compiled parts, which may be installed and yet not load."""

EXTRAS = {
    "s3": ("s3fs", "recordings in S3"),
    "gcs": ("gcsfs", "recordings in Google Cloud Storage"),
    "azure": ("adlfs", "recordings in Azure"),
    "sftp": ("paramiko", "recordings on an SFTP server"),
    "postgres": ("psycopg", "a store in PostgreSQL"),
    "ray": ("ray", "batches on a cluster"),
    "parquet": ("pyarrow", "export to Parquet"),
    "notify": ("apprise", "mail and webhooks"),
    "llm": ("openai", "a language model of your own"),
}
"""The package that an extra brings, and what for."""


def program() -> Iterator[Check]:
    """Versions of callaudit, Python and the system."""
    says = f"callaudit {__version__}, Python {platform.python_version()}, {platform.platform()}"
    yield Check("program", "well", says)


def libraries() -> Iterator[Check]:
    """Whether each library that is required is there, new enough, and loads."""
    try:
        own = distribution("callaudit")
    except PackageNotFoundError:
        yield Check("libraries", "note", "callaudit runs from its source, versions of libraries are not checked")
    else:
        faults = list(_faults(own))
        yield from faults
        if not faults:
            n_required = sum("extra ==" not in line for line in own.requires or ())
            yield Check("libraries", "well", f"{n_required} required libraries are there, as new as is asked")
    broken = [one for one in map(_load, LOADED) if one is not None]
    yield from broken
    if not broken:
        yield Check("loading", "well", f"all of these load: {', '.join(LOADED)}")


def _faults(own: Distribution) -> Iterator[Check]:
    from packaging.requirements import Requirement  # huggingface-hub requires it

    for line in own.requires or ():
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            version = distribution(wanted.name).version
        except PackageNotFoundError:
            yield Check(wanted.name, "ill", f"is not installed, wanted {wanted}", f"pip install '{wanted}'")
            continue
        if not wanted.specifier.contains(version, prereleases=True):
            yield Check(wanted.name, "ill", f"is {version}, wanted {wanted}", f"pip install '{wanted}'")


def _load(module: str) -> Check | None:
    try:
        import_module(module)
    except Exception as error:  # a library of another processor or system raises ImportError, OSError and others
        said = " ".join(str(error).split())
        return Check(module, "ill", f"does not load: {type(error).__name__}: {said}", "install it again with pip")
    return None


def extras() -> Iterator[Check]:
    """Which extras are there."""
    there, absent = [], []
    for extra, (package, _) in EXTRAS.items():
        try:
            there.append(f"{extra} ({package} {distribution(package).version})")
        except PackageNotFoundError:
            absent.append(extra)
    yield Check("extras", "well", f"installed: {', '.join(there) or 'none'}")
    if absent:
        what = "; ".join(f"{extra}: {EXTRAS[extra][1]}" for extra in absent)
        todo = f"pip install 'callaudit[{','.join(absent)}]', those that you need"
        yield Check("extras", "note", f"not installed ({what})", todo)
