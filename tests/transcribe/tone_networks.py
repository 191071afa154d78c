"""Networks that hear tones: SenseVoice's and Paraformer's inputs, outputs and metadata, with weights set by hand.

Each tone of `TONES` is one character: the network compares the energy in the mel band of each tone with a threshold, so
what it hears and when is known exactly. onnxruntime runs them as it runs the real ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from callaudit.transcribe.fbank import N_MELS, fbank

onnx = pytest.importorskip("onnx", reason="the networks of these tests are written with the onnx package")

TONES = {"您": 500.0, "好": 800.0, "请": 1200.0, "问": 1700.0, "是": 2300.0, "吗": 3000.0}
RATE_HZ = 16000
N_BANDS = 7 * N_MELS
CENTRE = 3 * N_MELS
"""Column at which the middle one of the seven stacked frames begins."""
SENSE_VOICE_TOKENS = ["<unk>", *TONES, "<|zh|>", "<|en|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>", "<|nospeech|>"]
PARAFORMER_TOKENS = ["<blank>", "<s>", "</s>", *TONES, "<unk>"]
SILENCE, SCALE = -14.0, 0.5
"""Normalisation: features are shifted and scaled to about 0 for faint and above 2 for loud bands."""


def tone(character: str, duration_s: float = 0.3, rate_hz: int = RATE_HZ, level: float = 0.3) -> NDArray[np.float32]:
    """A character as sound, float32 [shape=(n,)]."""
    times_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * TONES[character] * times_s)).astype(np.float32)


def _bands() -> dict[str, int]:
    """The mel band of each tone: where it is loudest."""
    return {name: int(np.argmax(fbank(tone(name, 0.1) * 32768).mean(axis=0))) for name in TONES}


def _weights(tokens: list[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights and offsets from features to tokens: a tone far above silence outdoes the blank, which is always 0."""
    weights = np.zeros((N_BANDS, len(tokens)), dtype=np.float32)
    offsets = np.full(len(tokens), -30.0, dtype=np.float32)
    offsets[0] = 0.0
    for name, band in _bands().items():
        weights[CENTRE + band, tokens.index(name)] = 2.0
        offsets[tokens.index(name)] = -2.0
    return weights, offsets


def _save(graph: Any, path: Path, metadata: dict[str, object]) -> None:
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))


def _normalisation() -> dict[str, object]:
    return {"neg_mean": ",".join([str(SILENCE)] * N_BANDS), "inv_stddev": ",".join([str(SCALE)] * N_BANDS)}


def sense_voice(
    folder: Path,
    *,
    without: tuple[str, ...] = (),
    as_funasr: bool = False,
    language: str = "zh",
    kind: str = "sense_voice_ctc",
    random: bool = False,
) -> Path:
    """A folder as a sherpa-onnx release has it, or as FunASR has it; `language` is what the network always hears.

    One that is `random` looks at every feature, so that a wrong one anywhere shows.
    """
    tokens = SENSE_VOICE_TOKENS
    weights, offsets = _weights(tokens)
    if random:
        weights = np.random.default_rng(5).normal(0.0, 0.1, weights.shape).astype(np.float32)
        weights -= weights.mean(axis=0)
        offsets[:] = 0.0
    tags = np.full((16, 4, len(tokens)), -4.0, dtype=np.float32)
    for row, tag in enumerate((f"<|{language}|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>")):
        tags[:, row, tokens.index(tag)] = 4.0
    make, info, kinds = onnx.helper.make_node, onnx.helper.make_tensor_value_info, onnx.TensorProto
    nodes = [
        make("MatMul", ["x", "weights"], ["product"]),
        make("Add", ["product", "offsets"], ["rows"]),
        make("Gather", ["tags", "language"], ["prefix"]),
        make("Concat", ["prefix", "rows"], ["logits"], axis=1),
        make("Add", ["x_length", "text_norm"], ["unused"]),
    ]
    whole = [info(name, kinds.INT32, ["N"]) for name in ("x_length", "language", "text_norm")]
    constants = [("weights", weights), ("offsets", offsets), ("tags", tags)]
    graph = onnx.helper.make_graph(
        nodes,
        "sense_voice",
        [info("x", kinds.FLOAT, ["N", "T", N_BANDS]), *whole],
        [info("logits", kinds.FLOAT, ["N", "T_with_tags", len(tokens)])],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants],
    )
    metadata: dict[str, object] = {
        "model_type": kind, "vocab_size": len(tokens), "blank_id": 0, "comment": "tones",
        "lfr_window_size": 7, "lfr_window_shift": 6, "normalize_samples": 0, "with_itn": 14, "without_itn": 15,
        "lang_auto": 0, "lang_zh": 3, "lang_en": 4, "lang_yue": 7, "lang_ja": 11, "lang_ko": 12, **_normalisation(),
    }  # fmt: skip
    if as_funasr:
        _save(graph, folder / "model_quant.onnx", {})
        write_funasr_files(folder, tokens)
    else:
        _save(graph, folder / "model.int8.onnx", {key: metadata[key] for key in metadata if key not in without})
        (folder / "tokens.txt").write_text("".join(f"{token} {k}\n" for k, token in enumerate(tokens)), "utf-8")
    return folder


def write_funasr_files(folder: Path, tokens: list[str]) -> None:
    """am.mvn and tokens.json as FunASR lays them beside a network."""
    rows = [" ".join([str(value)] * N_BANDS) for value in (SILENCE, SCALE)]
    parts = [
        f"<{name}> {N_BANDS} {N_BANDS}\n<LearnRateCoef> 0 [ {row} ]\n"
        for name, row in zip(("AddShift", "Rescale"), rows, strict=True)
    ]
    (folder / "am.mvn").write_text(f"<Nnet>\n<Splice> {N_BANDS} {N_BANDS}\n[ 0 ]\n{''.join(parts)}</Nnet>\n", "utf-8")
    (folder / "tokens.json").write_text(json.dumps(tokens, ensure_ascii=False), "utf-8")


def paraformer(folder: Path, *, timestamps: bool = True) -> Path:
    """A folder with a network that fires at the onset of each tone and once at the end of the last."""
    tokens = PARAFORMER_TOKENS
    weights, offsets = _weights(tokens)
    make, info, kinds = onnx.helper.make_node, onnx.helper.make_tensor_value_info, onnx.TensorProto
    end = np.full((1, len(tokens)), -30.0, dtype=np.float32)
    end[0, tokens.index("</s>")] = 10.0
    whole = {"axis0": [0], "axis1": [1], "zero": [0], "one": [1], "minus1": [-1], "far": [2**31 - 1], "none": [0]}
    shapes = {"flat": [-1], "column": [-1, 1], "row": [1, -1]}
    constants = {name: np.array(value, dtype=np.int64) for name, value in {**whole, **shapes}.items()}
    constants |= {"weights": weights, "offsets": offsets, "end": end}
    constants["spread"] = np.array([[1.0, 0.0, 0.0]], dtype=np.float32)
    nodes = [
        make("MatMul", ["speech", "weights"], ["product"]),
        make("Add", ["product", "offsets"], ["batched"]),
        make("Squeeze", ["batched", "axis0"], ["rows"]),  # [T, V]
        make("ArgMax", ["rows"], ["best"], axis=1, keepdims=0),  # [T]
        make("Slice", ["best", "zero", "minus1", "zero"], ["but_last"]),
        make("Concat", ["none", "but_last"], ["before"], axis=0),
        make("Equal", ["best", "before"], ["same"]),
        make("Not", ["same"], ["changes"]),
        make("Greater", ["best", "none"], ["sounds"]),
        make("And", ["changes", "sounds"], ["onsets"]),
        make("NonZero", ["onsets"], ["places2d"]),
        make("Reshape", ["places2d", "flat"], ["places"]),
        make("Gather", ["rows", "places"], ["said"], axis=0),
        make("Concat", ["said", "end"], ["with_end"], axis=0),
        make("Unsqueeze", ["with_end", "axis0"], ["logits"]),
        make("Shape", ["with_end"], ["sizes"]),
        make("Slice", ["sizes", "zero", "one", "zero"], ["count64"]),
        make("Cast", ["count64"], ["token_num"], to=kinds.INT32),
    ]
    outputs = [
        info("logits", kinds.FLOAT, ["N", "L", len(tokens)]),
        info("token_num", kinds.INT32, ["N"]),
    ]
    if timestamps:
        nodes += [
            make("Not", ["sounds"], ["quiet"]),
            make("And", ["changes", "quiet"], ["offsets_at"]),
            make("NonZero", ["offsets_at"], ["ends2d"]),
            make("Reshape", ["ends2d", "flat"], ["ends"]),
            make("Slice", ["ends", "minus1", "far", "zero"], ["last_end"]),
            make("Concat", ["places", "last_end"], ["fires"], axis=0),
            make("Unsqueeze", ["fires", "axis1"], ["fires2d"]),
            make("Cast", ["sounds"], ["sounds_f"], to=kinds.FLOAT),
            make("Sub", ["sounds_f", "sounds_f"], ["nothing"]),
            make("Shape", ["fires"], ["n_fires"]),
            make("ConstantOfShape", ["n_fires"], ["ones"], value=onnx.helper.make_tensor("v", kinds.FLOAT, [1], [1.0])),
            make("ScatterND", ["nothing", "fires2d", "ones"], ["peaks"]),
            make("Reshape", ["peaks", "column"], ["peaks_column"]),
            make("Mul", ["peaks_column", "spread"], ["upsampled"]),
            make("Reshape", ["upsampled", "row"], ["us_cif_peak"]),
            make("Identity", ["us_cif_peak"], ["us_alphas"]),
        ]
        outputs += [info("us_alphas", kinds.FLOAT, ["N", "T3"]), info("us_cif_peak", kinds.FLOAT, ["N", "T3"])]
    nodes.append(make("Identity", ["speech_lengths"], ["unused"]))
    graph = onnx.helper.make_graph(
        nodes,
        "paraformer",
        [info("speech", kinds.FLOAT, ["N", "T", N_BANDS]), info("speech_lengths", kinds.INT32, ["N"])],
        outputs,
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    metadata = {"model_type": "paraformer", "vocab_size": len(tokens), "lfr_window_size": 7, "lfr_window_shift": 6}
    _save(graph, folder / "model.onnx", {**metadata, **_normalisation()})
    (folder / "tokens.txt").write_text("".join(f"{token} {k}\n" for k, token in enumerate(tokens)), "utf-8")
    return folder
