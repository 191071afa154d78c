"""SenseVoice and Paraformer through onnxruntime, on networks that hear tones (`tone_networks`); no weights needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from callaudit.config import EngineConfig
from callaudit.errors import CallauditError, EngineError, ModelMissing
from callaudit.models import resolve
from callaudit.records import Audio
from callaudit.spans import Span, to_samples
from callaudit.transcribe import make_transcriber
from callaudit.transcribe.faster_whisper import FasterWhisperTranscriber
from callaudit.transcribe.funasr_folder import open_network
from callaudit.transcribe.funasr_model import hear
from callaudit.transcribe.funasr_onnx import FunasrOnnxTranscriber

tones = pytest.importorskip("tone_networks", reason="tone_networks needs the onnx package")

SAID = {0: (("您", 1.0), ("好", 1.4), ("请", 2.6), ("问", 3.0)), 1: (("是", 5.0), ("吗", 5.5))}
"""Characters and the seconds at which they begin, each 0.3 s long."""
SPEECH = {0: (Span(0.95, 1.75), Span(2.55, 3.35)), 1: (Span(4.95, 5.85),)}
KINDS = {"sense-voice": tones.sense_voice, "paraformer": tones.paraformer}
each = pytest.mark.parametrize("kind", sorted(KINDS))


def call(rate_hz: int = 8000) -> Audio:
    samples = np.zeros((2, 7 * rate_hz), dtype=np.float32)
    for channel, said in SAID.items():
        for character, start_s in said:
            place = to_samples(Span(start_s, start_s + 0.3), rate_hz, samples.shape[1])
            samples[channel, place] = tones.tone(character, rate_hz=rate_hz)
    return Audio(samples, rate_hz)


def listener(folder: Path, *, threads: int = 1) -> FunasrOnnxTranscriber:
    return FunasrOnnxTranscriber(str(folder), threads=threads, voiced=lambda sound: True)


@each
@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_each_tone_is_its_word_where_and_when_it_sounds(kind: str, rate_hz: int, tmp_path: Path) -> None:
    heard = listener(KINDS[kind](tmp_path)).transcribe(call(rate_hz), SPEECH, language="zh")
    for channel, said in SAID.items():
        words = heard.words[channel]
        assert [word.text for word in words] == [character for character, _ in said]
        for word, (_, start_s) in zip(words, said, strict=True):
            assert word.span.start_s == pytest.approx(start_s, abs=0.1)
            assert Span(start_s, start_s + 0.3).holds(word.span.middle_s)
            assert word.prob > 0.5


@each
def test_threads_change_nothing(kind: str, tmp_path: Path) -> None:
    folder = KINDS[kind](tmp_path)
    one, four = (listener(folder, threads=n).transcribe(call(), SPEECH, language="zh") for n in (1, 4))
    assert one == four


@each
def test_a_channel_gives_the_same_words_in_any_company(kind: str, tmp_path: Path) -> None:
    transcriber = listener(KINDS[kind](tmp_path))
    both = transcriber.transcribe(call(), SPEECH, language="zh")
    for channel, spans in SPEECH.items():
        assert transcriber.transcribe(call(), {channel: spans}, language="zh").words[channel] == both.words[channel]


@each
def test_speech_longer_than_a_piece_is_heard_whole(kind: str, tmp_path: Path) -> None:
    order = ["您", "好", "请", "问", "是", "吗"]
    samples = np.zeros((1, 80 * 8000), dtype=np.float32)
    for k in range(75):
        start = round((1 + k) * 8000)
        samples[0, start : start + 2400] = tones.tone(order[k % 6], rate_hz=8000)
    heard = listener(KINDS[kind](tmp_path)).transcribe(Audio(samples, 8000), {0: (Span(0.9, 75.5),)}, language="zh")
    words = heard.words[0]
    assert "".join(word.text for word in words) == "".join(order[k % 6] for k in range(75))
    assert all(a.span.end_s <= b.span.start_s for a, b in pairwise(words))


@each
def test_what_repeats_itself_like_a_stuck_recogniser_is_left_out_and_said(kind: str, tmp_path: Path) -> None:
    samples = np.zeros((1, 8 * 8000), dtype=np.float32)
    for k in range(14):
        start = round((1 + 0.4 * k) * 8000)
        samples[0, start : start + 1600] = tones.tone("您", 0.2, rate_hz=8000)
    heard = listener(KINDS[kind](tmp_path)).transcribe(Audio(samples, 8000), {0: (Span(0.9, 6.5),)}, language="zh")
    assert heard.words == {0: ()}
    assert [note for note in heard.notes if "重复不止" in note]


@each
def test_digital_silence_gives_no_words(kind: str, tmp_path: Path) -> None:
    silence = Audio(np.zeros((2, 5 * 8000), dtype=np.float32), 8000)
    assert listener(KINDS[kind](tmp_path)).transcribe(silence, {0: (Span(1, 3),), 1: ()}).words == {0: (), 1: ()}


def test_a_folder_of_funasr_is_heard_like_one_of_sherpa_onnx(tmp_path: Path) -> None:
    heard = [
        listener(tones.sense_voice(tmp_path / name, as_funasr=name == "funasr")).transcribe(call(), SPEECH)
        for name in ("sherpa", "funasr")
    ]
    assert heard[0] == heard[1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sense_voice_hears_which_language(language: str, tmp_path: Path) -> None:
    heard = listener(tones.sense_voice(tmp_path, language=language)).transcribe(call(), SPEECH)
    assert heard.language == language
    assert 0.9 < heard.language_prob < 1.0


def test_paraformer_does_not_say_that_it_knows_the_language(tmp_path: Path) -> None:
    heard = listener(tones.paraformer(tmp_path)).transcribe(call(), SPEECH)
    assert (heard.language, heard.language_prob) == ("zh", 0.0)


def test_a_language_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"knows zh, yue, en, ja, ko, not 'fr'"):
        listener(tones.sense_voice(tmp_path)).transcribe(call(), SPEECH, language="fr")


def test_the_folder_chooses_the_engine(tmp_path: Path) -> None:
    folder = tones.sense_voice(tmp_path / "sense-voice")
    transcriber = make_transcriber(EngineConfig(model=str(folder)))
    assert isinstance(transcriber, FunasrOnnxTranscriber)
    assert (transcriber.name, len(transcriber.sha256 or "")) == ("sense-voice", 64)
    assert isinstance(make_transcriber(EngineConfig()), FasterWhisperTranscriber)


def _corrupt(folder: Path) -> None:
    weights = next(folder.glob("*.onnx"))
    weights.write_bytes(weights.read_bytes()[:500])


def _without_tokens(folder: Path) -> None:
    (folder / "tokens.txt").unlink()


def _with_few_tokens(folder: Path) -> None:
    (folder / "tokens.txt").write_text("<unk> 0\n您 1\n", encoding="utf-8")


def _with_odd_tokens(folder: Path) -> None:
    (folder / "tokens.txt").write_text("<unk> zero\n", encoding="utf-8")


def _renamed(folder: Path) -> None:
    next(folder.glob("*.onnx")).rename(folder / "encoder.onnx")


FAULTS: list[tuple[Callable[[Path], object], type[CallauditError], str]] = [
    (lambda folder: _corrupt(tones.sense_voice(folder)), EngineError, "cannot be loaded as an ONNX network"),
    (lambda folder: _without_tokens(tones.sense_voice(folder)), ModelMissing, r"not its tokens\.txt"),
    (lambda folder: _with_few_tokens(tones.sense_voice(folder)), EngineError, "knows 13 tokens, the list beside it 2"),
    (lambda folder: _with_odd_tokens(tones.sense_voice(folder)), EngineError, "list of tokens cannot be read"),
    (
        lambda folder: _renamed(tones.sense_voice(folder)),
        ModelMissing,
        r"holds encoder\.onnx, but no model\.int8\.onnx",
    ),
    (lambda folder: tones.sense_voice(folder, without=("neg_mean",)), EngineError, "hold no 'neg_mean'"),
    (lambda folder: tones.paraformer(folder, timestamps=False), EngineError, "Paraformer without timestamps"),
    (lambda folder: tones.sense_voice(folder, kind="zipformer2_ctc"), EngineError, "neither SenseVoice nor"),
]


@pytest.mark.parametrize(("make", "error", "said"), FAULTS, ids=[said for _, _, said in FAULTS])
def test_what_is_wrong_with_a_folder_is_said(
    make: Callable[[Path], object], error: type[CallauditError], said: str, tmp_path: Path
) -> None:
    make(tmp_path)
    with pytest.raises(error, match=said):
        listener(tmp_path).transcribe(call(), SPEECH, language="zh")


def test_cuda_without_a_gpu_says_what_to_do(tmp_path: Path) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime may have a GPU")
    folder = tones.sense_voice(tmp_path)
    with pytest.raises(EngineError, match="onnxruntime-gpu"):
        FunasrOnnxTranscriber(str(folder), device="cuda", voiced=lambda sound: True).transcribe(call(), SPEECH)


def test_cuda_without_a_gpu_is_said_before_the_first_call() -> None:
    ctranslate2 = pytest.importorskip("ctranslate2")
    if ctranslate2.get_cuda_device_count():
        pytest.skip("there is a GPU")
    with pytest.raises(EngineError, match=r"no NVIDIA GPU .*set device to cpu"):
        make_transcriber(EngineConfig(device="cuda"))


@each
def test_sherpa_onnx_hears_the_same(kind: str, tmp_path: Path) -> None:
    sherpa = pytest.importorskip("sherpa_onnx", reason="compared only where sherpa-onnx is installed")
    folder = KINDS[kind](tmp_path)
    weights, tokens = str(folder / resolve(str(folder)).weights), str(folder / "tokens.txt")
    if kind == "sense-voice":
        other = sherpa.OfflineRecognizer.from_sense_voice(model=weights, tokens=tokens, language="zh", use_itn=False)
    else:
        other = sherpa.OfflineRecognizer.from_paraformer(paraformer=weights, tokens=tokens)
    audio = call(16000)
    stream = other.create_stream()
    stream.accept_waveform(16000, audio.samples[0])
    other.decode_stream(stream)
    heard = listener(folder).transcribe(audio, {0: SPEECH[0]}, language="zh").words[0]
    assert [word.text for word in heard] == list(stream.result.tokens)
    for word, start_s in zip(heard, stream.result.timestamps, strict=True):
        assert word.span.start_s == pytest.approx(start_s, abs=0.12)


def test_sherpa_onnx_hears_the_same_when_every_feature_counts(tmp_path: Path) -> None:
    sherpa = pytest.importorskip("sherpa_onnx", reason="compared only where sherpa-onnx is installed")
    folder = tones.sense_voice(tmp_path, random=True)
    other = sherpa.OfflineRecognizer.from_sense_voice(
        model=str(folder / "model.int8.onnx"), tokens=str(folder / "tokens.txt"), language="zh", use_itn=False
    )
    network = open_network(resolve(str(folder)))
    rng = np.random.default_rng(6)
    for duration_s in (1.0, 3.0, 12.34):
        steps_hz = np.repeat(rng.uniform(100, 7000, 200), 1000)[: round(duration_s * 16000)]
        sound = (0.3 * np.sin(2 * np.pi * np.cumsum(steps_hz) / 16000)).astype(np.float32)
        stream = other.create_stream()
        stream.accept_waveform(16000, sound)
        other.decode_stream(stream)
        wanted = [token for token in stream.result.tokens if not token.startswith("<")]
        assert len(wanted) > 2 * duration_s
        assert [token.text for token in hear(network, sound, "zh").timed] == wanted


def test_tokens_of_words_and_characters_become_words(tmp_path: Path) -> None:
    folder = tones.sense_voice(tmp_path)
    renamed = {"您": "▁A", "好": "P", "请": "P", "问": "▁查", "是": "询"}
    lines = [line.rsplit(" ", 1) for line in (folder / "tokens.txt").read_text("utf-8").splitlines()]
    (folder / "tokens.txt").write_text("".join(f"{renamed.get(t, t)} {k}\n" for t, k in lines), "utf-8")
    samples = np.zeros((1, 4 * 8000), dtype=np.float32)
    for k, character in enumerate("您好请问是"):
        start = round((1 + 0.4 * k) * 8000)
        samples[0, start : start + 2400] = tones.tone(character, rate_hz=8000)
    heard = listener(folder).transcribe(Audio(samples, 8000), {0: (Span(0.9, 3.0),)}, language="zh")
    assert [word.text for word in heard.words[0]] == ["APP", "查", "询"]


def test_the_list_of_tokens_may_hold_odd_separators(tmp_path: Path) -> None:
    folder = tones.sense_voice(tmp_path, as_funasr=True)
    tokens = json.loads((folder / "tokens.json").read_text("utf-8"))
    (folder / "tokens.json").unlink()
    tokens[-1] = "\u2028"
    (folder / "tokens.txt").write_text("".join(f"{token} {k}\n" for k, token in enumerate(tokens)), "utf-8")
    assert listener(folder).transcribe(call(), SPEECH, language="zh").words[1]
