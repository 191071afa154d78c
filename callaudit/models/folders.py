"""Folders: what kind of model lies in one, and whether it is all there; those of the hub's cache among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callaudit.errors import ModelMissing
from callaudit.models.digests import digest_of
from callaudit.models.manifest import Engine, ManifestEntry

_WHISPER_FILES = ("model.bin", "config.json", "tokenizer.json")
_ONNX_WEIGHTS = ("model.int8.onnx", "model_quant.onnx", "model.onnx")
"""Names of a SenseVoice or Paraformer network, the one that is taken first where a folder holds several."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on this machine: its folder, the name to report, the digest of its weights, what runs it.

    `weights` is the name of the file in the folder that holds them.
    """

    path: Path
    name: str
    sha256: str
    engine: Engine = "faster-whisper"
    weights: str = "model.bin"


def folder_named(name: str, known: Sequence[ManifestEntry]) -> Path | None:
    """The folder that a name is; None where it is none and cannot be meant as one.

    Raises
    ------
    ModelMissing
        It can only be meant as a folder, and there is none.
    """
    if any(entry.name == name for entry in known):
        return None
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_file():
        raise ModelMissing(f"{folder} is a file; give the folder that holds the whole model")
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1 or "\\" in name:
        raise ModelMissing(f"there is no folder {folder}; check --model, or choose one of `callaudit models list`")
    return None


def weights_in(folder: Path) -> str:
    """Name of the file that holds the weights; that of a Whisper where there is none."""
    names = ("model.bin", *_ONNX_WEIGHTS)
    return next((name for name in names if (folder / name).is_file()), names[0])


def recognised(folder: Path) -> tuple[Engine, str]:
    """What runs the model in a folder, and the name of its weights.

    Raises
    ------
    ModelMissing
        It holds none, or not every file of one.
    """
    weights = weights_in(folder)
    has_tokens = any((folder / name).is_file() for name in ("tokens.txt", "tokens.json"))
    if weights in _ONNX_WEIGHTS:
        if not has_tokens:
            raise ModelMissing(f"{folder} holds {weights}, but not its tokens.txt (or tokens.json); fetch it again")
        return "funasr-onnx", weights
    missing = [name for name in _WHISPER_FILES if not (folder / name).is_file()]
    if not missing:
        return "faster-whisper", weights
    others = sorted(path.name for path in folder.glob("*.onnx"))
    if others or (has_tokens and len(missing) == len(_WHISPER_FILES)):
        held = f"holds {', '.join(others)}" if others else "holds a list of tokens"
        raise ModelMissing(
            f"{folder} {held}, but no {' or '.join(_ONNX_WEIGHTS)}: it is not (the whole of) a SenseVoice or Paraformer"
        )
    raise ModelMissing(
        f"{folder} is neither a CTranslate2 Whisper folder ({', '.join(missing)} missing) nor a SenseVoice or "
        f"Paraformer one ({_ONNX_WEIGHTS[0]}, tokens.txt missing); convert a Whisper with ct2-transformers-converter, "
        "or name one of `callaudit models list`"
    )


def from_folder(folder: Path) -> ModelFiles:
    engine, weights = recognised(folder)
    return ModelFiles(folder, folder.resolve().name, digest_of(folder / weights), engine, weights)


def from_hub(entry: ManifestEntry) -> ModelFiles:
    folder = hub_folder(entry)
    if folder is None:
        try:
            folder = _downloaded(entry, local_only=False)
        except Exception as error:  # the hub's client raises dozens of kinds: no network, no such model, no right to it
            absent = "RepositoryNotFound" in type(error).__name__
            why = "the hub has no such model" if absent else f"the hub could not be reached: {type(error).__name__}"
            raise ModelMissing(
                f"model {entry.name!r} is not on this machine and could not be downloaded ({why}); connect to the "
                "network (HF_ENDPOINT names a mirror), fetch it elsewhere and give its folder, or choose another of "
                "`callaudit models list`"
            ) from error
    weights = weights_in(folder)
    if not (folder / weights).is_file():
        raise ModelMissing(f"what the hub calls {entry.hub!r} holds no {weights}: it is not a model for {entry.engine}")
    return ModelFiles(folder, entry.name, digest_of(folder / weights), entry.engine, weights)


def hub_folder(entry: ManifestEntry) -> Path | None:
    """Folder of a hub model in the Hugging Face cache; None where it is not there."""
    try:
        folder = _downloaded(entry, local_only=True)
    except Exception:  # not in the cache: the client says so in as many ways as it fails to download
        return None
    return folder if (folder / weights_in(folder)).is_file() else None


def _downloaded(entry: ManifestEntry, *, local_only: bool) -> Path:
    """Folder of a hub model in the Hugging Face cache, downloaded first if allowed; raises what the client raises."""
    if entry.engine == "faster-whisper":
        from faster_whisper import download_model

        return Path(download_model(str(entry.hub), local_files_only=local_only))
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(str(entry.hub), allow_patterns=list(entry.hub_files), local_files_only=local_only))
