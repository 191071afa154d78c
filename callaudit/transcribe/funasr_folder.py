"""The folder of a SenseVoice or Paraformer network in ONNX form: what it must hold, and how it is opened.

Two kinds of folder are known. That of a sherpa-onnx release keeps everything in the metadata of the network beside
``tokens.txt``; that of FunASR (ModelScope) keeps the normalisation in ``am.mvn`` and the tokens in ``tokens.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from callaudit.errors import EngineError, ModelMissing
from callaudit.models import ModelFiles
from callaudit.transcribe.fbank import N_MELS

Kind = Literal["sense-voice", "paraformer"]

_CUDA = "CUDAExecutionProvider"
_LANGUAGE_IDS = {"auto": 0, "zh": 3, "en": 4, "yue": 7, "ja": 11, "ko": 12}
_SPOKEN_FORM_ID = 15
"""SenseVoice's numbers where the metadata give none (FunASR, sensevoice_bin.py)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How sound is fed and answers are read: stacking, normalisation (mean, factor: float32 [shape=(bands,)])."""

    window: int
    shift: int
    scale: float
    mean: NDArray[np.float32]
    factor: NDArray[np.float32]
    tokens: tuple[str, ...]
    blank: int
    languages: Mapping[str, int]
    spoken_form: int


@dataclass(frozen=True, slots=True)
class Network:
    """A network ready to hear, and how it is fed; `session` is onnxruntime's."""

    name: str
    kind: Kind
    session: Any
    recipe: Recipe


def open_network(files: ModelFiles, *, device: str = "cpu", threads: int = 0) -> Network:
    """The network of a folder.

    Parameters
    ----------
    device : ``cpu``, ``cuda`` or ``auto``
    threads : CPU threads, 0 for onnxruntime's own choice

    Raises
    ------
    ModelMissing
        A file of the folder is missing.
    EngineError
        The network cannot be loaded, is of another kind, or does not fit its tokens; or there is no such device.
    """
    weights = files.path / files.weights
    tokens = _tokens(files.path)
    session = _session(weights, device, threads)
    metadata = dict(session.get_modelmeta().custom_metadata_map)
    kind = _kind(session, metadata, weights)
    recipe = _recipe(metadata, files.path, weights, tokens)
    width = session.get_outputs()[0].shape[-1]
    if isinstance(width, int) and width > len(tokens):
        raise EngineError(f"{weights} knows {width} tokens, the list beside it {len(tokens)}: not of the same model")
    return Network(files.name, kind, session, recipe)


def _tokens(folder: Path) -> tuple[str, ...]:
    """The symbols of a folder, in the order of their numbers."""
    text, listed = folder / "tokens.txt", folder / "tokens.json"
    try:
        if text.is_file():
            lines = text.read_text(encoding="utf-8").split("\n")  # not splitlines: odd separators may be symbols
            rows = [line.rsplit(maxsplit=1) for line in lines if line.strip()]
            numbered = {int(row[-1]): row[0] if len(row) == 2 else " " for row in rows}
            return tuple(numbered[k] for k in range(len(numbered)))
        if listed.is_file():
            return tuple(str(symbol) for symbol in json.loads(listed.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineError(f"{folder}: its list of tokens cannot be read ({error}); fetch the model again") from error
    raise ModelMissing(f"{folder} holds a network without its list of tokens (tokens.txt or tokens.json)")


def _session(weights: Path, device: str, threads: int) -> Any:
    import onnxruntime

    available = onnxruntime.get_available_providers()
    if device == "cuda" and _CUDA not in available:
        raise EngineError(
            "device cuda is asked for, but this onnxruntime runs on the CPU only: "
            "`pip uninstall onnxruntime && pip install onnxruntime-gpu`, or set device to cpu"
        )
    providers = [_CUDA] if device != "cpu" and _CUDA in available else []
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(weights), options, providers=[*providers, "CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own C++ classes, which share no documented base
        raise EngineError(f"{weights} cannot be loaded as an ONNX network ({error}); fetch it again") from error
    if device == "cuda" and _CUDA not in session.get_providers():
        raise EngineError("device cuda is asked for, but onnxruntime found no working GPU; set device to cpu")
    return session


def _kind(session: Any, metadata: Mapping[str, str], weights: Path) -> Kind:
    """Which network it is, by its metadata and by what goes in and comes out."""
    named = metadata.get("model_type", "")
    n_in, n_out = len(session.get_inputs()), len(session.get_outputs())
    if n_in == 4 and (not named or named.startswith("sense_voice")):
        return "sense-voice"
    if n_in == 2 and n_out == 4 and (not named or named.startswith("paraformer")):
        return "paraformer"
    if n_in == 2 and n_out < 4 and named.startswith("paraformer"):
        raise EngineError(f"{weights} is a Paraformer without timestamps; use one exported with us_cif_peak")
    raise EngineError(
        f"{weights} is neither SenseVoice nor an offline Paraformer with timestamps "
        f"(model_type {named or 'not given'}, {n_in} inputs, {n_out} outputs)"
    )


def _recipe(metadata: Mapping[str, str], folder: Path, weights: Path, tokens: tuple[str, ...]) -> Recipe:
    try:
        mean, factor = _normalisation(metadata, folder, weights)
        languages = {name: int(metadata.get(f"lang_{name}", number)) for name, number in _LANGUAGE_IDS.items()}
        recipe = Recipe(
            window=int(metadata.get("lfr_window_size", 7)),
            shift=int(metadata.get("lfr_window_shift", 6)),
            scale=1.0 if metadata.get("normalize_samples") == "1" else 32768.0,
            mean=mean,
            factor=factor,
            tokens=tokens,
            blank=int(metadata.get("blank_id", 0)),
            languages=languages,
            spoken_form=int(metadata.get("without_itn", _SPOKEN_FORM_ID)),
        )
    except (OSError, ValueError, IndexError) as error:
        raise EngineError(f"{weights}: its numbers cannot be read ({error}); fetch the model again") from error
    if not len(mean) == len(factor) == recipe.window * N_MELS:
        raise EngineError(
            f"{weights}: {recipe.window * N_MELS} numbers of normalisation wanted, {len(mean)} and {len(factor)} found"
        )
    return recipe


def _normalisation(
    metadata: Mapping[str, str], folder: Path, weights: Path
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is added to the stacked features, and what they are then multiplied by."""
    beside = folder / "am.mvn"
    if "neg_mean" in metadata and "inv_stddev" in metadata:
        rows = [metadata[key].split(",") for key in ("neg_mean", "inv_stddev")]
    elif beside.is_file():
        text = beside.read_text(encoding="utf-8")
        rows = [part.split("[", 1)[1].split("]", 1)[0].split() for part in text.split("<LearnRateCoef>")[1:3]]
    else:
        key = "neg_mean" if "neg_mean" not in metadata else "inv_stddev"
        raise EngineError(
            f"{weights}: its metadata hold no {key!r}; use a folder of a sherpa-onnx release, or FunASR's with am.mvn"
        )
    mean, factor = (np.array([float(value) for value in row], dtype=np.float32) for row in rows)
    return mean, factor
