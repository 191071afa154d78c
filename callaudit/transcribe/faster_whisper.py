"""Words by Whisper, run by CTranslate2 through faster-whisper.

Why not `WhisperModel.transcribe`: it walks a whole channel in steps that each wait for the one before, hears every
ring and every pause, and gives a held stretch to the line before it. Here only speech is fed, many windows at a time,
the parties of a call in one dialogue, and every word is tied to the speech it came from (`windows`, `alignment`).
What comes out wrong (`phantoms`) or not at all is heard again in smaller company, and left out if it stays wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from callaudit.errors import EngineError
from callaudit.models import DEFAULT_MODEL, ModelFiles, resolve
from callaudit.progress import SILENT, Progress
from callaudit.records import Audio, Word
from callaudit.spans import Span, total_s
from callaudit.text.simplify import simplify_words
from callaudit.transcribe.alignment import Timed, atoms, silent_s, spread, words_of
from callaudit.transcribe.base import Transcript
from callaudit.transcribe.phantoms import Hearing, Reason, suspicion
from callaudit.transcribe.voice import has_voice
from callaudit.transcribe.windows import (
    DEFAULT_CUTTING,
    WINDOW_RATE_HZ,
    Cutting,
    Piece,
    Placed,
    Window,
    cut,
    gains,
    pack,
    render,
    spoken_s,
)

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

_MOST_TOKENS = 448
_TOKENS_PER_S = 16
_FRAMES_PER_S = 100
_WHOLE_S = 30.0
_STAGE = "transcribe"
_HAN_LANGUAGES = ("zh", "yue")
_CHINESE_LEAST = 0.2
_DIGIT = re.compile(r"[0-9]")
_WHY: dict[Reason, str] = {
    "phantom line": "像字幕套话",
    "loop": "重复不止",
    "too fast": "快得不像人说话",
    "doubtful": "把握太低",
    "unheard": "没有听全",
}


@dataclass(frozen=True, slots=True)
class Decoding:
    """How sound becomes tokens; the temperature is always 0, so that the same sound gives the same words.

    `batch_size`: windows decoded together, which changes speed and memory but not the words. `spoken_numbers`: Chinese
    numbers are written as they are spoken (四十, not 40), by barring digits. `again_s`: window lengths of the second
    and third hearing of what came out wrong. `again_pad_s`: silence after the sound of those windows, which are mostly
    short; the first hearing always gets the 30 s that Whisper learnt on, because with less it errs more.
    """

    beam_size: int = 5
    batch_size: int = 8
    spoken_numbers: bool = True
    again_s: tuple[float, ...] = (12.0, 5.0)
    again_pad_s: float = 4.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What the recogniser made of one piece."""

    placed: Placed
    timed: tuple[Timed, ...]
    avg_logprob: float
    no_speech_prob: float

    @property
    def piece(self) -> Piece:
        """The sound it was made of."""
        return self.placed.piece

    @property
    def reason(self) -> Reason | None:
        """Why it cannot stay as it is."""
        text = "".join(atom.text for atom in self.timed)
        passed_over_s = silent_s(self.placed, self.timed)
        return suspicion(
            Hearing(text, total_s(self.piece.speech), passed_over_s, self.avg_logprob, self.no_speech_prob)
        )

    @property
    def stays(self) -> bool:
        """Whether its words are kept: what was passed over in part is right as far as it goes."""
        return self.reason in (None, "unheard")


class FasterWhisperTranscriber:
    """Whisper in CTranslate2 form; loaded at the first transcription and then kept.

    Parameters
    ----------
    model : name of the manifest, folder, hub id, or files found before
    device : ``cpu``, ``cuda`` or ``auto``
    compute_type : CTranslate2's number type; int8 on a CPU
    threads : CPU threads, 0 for CTranslate2's own choice; the words are the same for any number
    voiced : whether a piece, sound at 16 kHz, is fed at all
    """

    def __init__(
        self,
        model: str | ModelFiles = DEFAULT_MODEL,
        *,
        device: str = "cpu",
        compute_type: str = "int8",
        threads: int = 0,
        cutting: Cutting = DEFAULT_CUTTING,
        decoding: Decoding | None = None,
        voiced: Callable[[NDArray[np.float32]], bool] = has_voice,
    ) -> None:
        self._named = model
        self._device = device
        self._compute_type = compute_type
        self._threads = threads
        self._cutting = cutting
        self._voiced = voiced
        self._decoding = decoding or Decoding()

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._files.name

    @property
    def sha256(self) -> str | None:
        """Digest of its weights."""
        return self._files.sha256

    def transcribe(
        self,
        audio: Audio,
        speech: Mapping[int, tuple[Span, ...]],
        *,
        language: str | None = None,
        progress: Progress = SILENT,
    ) -> Transcript:
        """Words heard in the speech of each channel; `language` None means: hear which."""
        factors = gains(audio, speech, self._cutting)
        pieces = [piece for piece in cut(audio, speech, self._cutting) if self._voiced(_sound(audio, piece, factors))]
        windows = pack(pieces, self._cutting)
        if not windows:
            return Transcript({channel: () for channel in speech}, language or "und", 1.0 if language else 0.0)
        try:
            language, prob = (language, 1.0) if language else self._language(audio, windows, factors)
            tokenizer = _tokenizer(self._model, language)
            barred = _barred(tokenizer, spoken_numbers=self._decoding.spoken_numbers)
            run = _Run(self._model, audio, factors, tokenizer, barred, self._decoding)
            heard = run.hear(windows, _WHOLE_S, progress)
            for longest_s in self._decoding.again_s:
                heard = run.hear_again(heard, replace(self._cutting, longest_s=longest_s))
        except (RuntimeError, ValueError, MemoryError) as error:
            raise EngineError(f"model {self.name} failed on device {self._device}: {error}") from error
        return _transcript(heard, speech, language, prob)

    @cached_property
    def _files(self) -> ModelFiles:
        return resolve(self._named) if isinstance(self._named, str) else self._named

    @cached_property
    def _model(self) -> WhisperModel:
        from faster_whisper import WhisperModel

        return WhisperModel(
            str(self._files.path), device=self._device, compute_type=self._compute_type, cpu_threads=self._threads
        )

    def _language(self, audio: Audio, windows: Sequence[Window], factors: Mapping[int, float]) -> tuple[str, float]:
        """The language of the window with the most speech, and its probability; Chinese where in doubt.

        Cantonese counts as Chinese. A Mandarin call taken for another language could not be judged at all, and one in
        another language taken for Chinese is no more likely than `_CHINESE_LEAST` allows.
        """
        window = max(windows, key=spoken_s)
        features = _features(self._model, [render(audio, window, factors)], _WHOLE_S)
        ranked = self._model.model.detect_language(self._model.encode(features))[0]
        chinese = sum(prob for token, prob in ranked if token[2:-2] in _HAN_LANGUAGES)
        if chinese >= _CHINESE_LEAST:
            return "zh", float(chinese)
        token, prob = ranked[0]
        return token[2:-2], float(prob)


@dataclass(frozen=True, slots=True)
class _Run:
    """One recording at work."""

    model: WhisperModel
    audio: Audio
    factors: Mapping[int, float]
    tokenizer: Tokenizer
    barred: list[int]
    decoding: Decoding

    def hear(self, windows: Sequence[Window], pad_s: float, progress: Progress) -> list[Heard]:
        """Every piece of the windows, in their order."""
        heard: list[Heard] = []
        total = sum(spoken_s(window) for window in windows)
        done = 0.0
        for k in range(0, len(windows), self.decoding.batch_size):
            batch = windows[k : k + self.decoding.batch_size]
            progress.step(_STAGE, done, total)
            heard += self._hear_batch(batch, pad_s)
            done += sum(spoken_s(window) for window in batch)
        progress.step(_STAGE, 1.0, 1.0)
        return heard

    def hear_again(self, heard: Sequence[Heard], cutting: Cutting) -> list[Heard]:
        """The same, with those pieces that came out wrong heard once more in windows of another length."""
        halves = [
            cut(self.audio, {one.piece.channel: one.piece.speech}, cutting) if one.reason else () for one in heard
        ]
        windows = pack([piece for pieces in halves for piece in pieces], cutting)
        again = iter(self.hear(windows, self.decoding.again_pad_s, SILENT))
        better: list[Heard] = []
        for one, pieces in zip(heard, halves, strict=True):
            new = [next(again) for _ in pieces]
            better += new if new and _is_better(new, one) else [one]
        return better

    def _hear_batch(self, windows: Sequence[Window], pad_s: float) -> list[Heard]:
        sounds = [render(self.audio, window, self.factors) for window in windows]
        encoded = self.model.encode(_features(self.model, sounds, pad_s))
        prompt = [*self.tokenizer.sot_sequence, self.tokenizer.no_timestamps]
        most_s = max(spoken_s(window) for window in windows)
        results = self.model.model.generate(
            encoded,
            [prompt] * len(windows),
            beam_size=self.decoding.beam_size,
            max_length=min(_MOST_TOKENS, len(prompt) + 20 + round(_TOKENS_PER_S * most_s)),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self.barred,
        )
        tokens: Any = [[t for t in result.sequences_ids[0] if t < self.tokenizer.eot] for result in results]
        frames: Any = [round(window.duration_s * _FRAMES_PER_S) for window in windows]
        aligned = self.model.find_alignment(self.tokenizer, tokens, encoded, frames)
        heard: list[Heard] = []
        for window, result, rows in zip(windows, results, aligned, strict=True):
            timed = atoms(Timed(row["word"], row["start"], row["end"], float(row["probability"])) for row in rows)
            n_tokens = len(result.sequences_ids[0])
            logprob = result.scores[0] * n_tokens / (n_tokens + 1)
            for placed, share in zip(window.placed, spread(window, timed), strict=True):
                heard.append(Heard(placed, share, logprob, result.no_speech_prob))
        return heard


def _is_better(new: Sequence[Heard], old: Heard) -> bool:
    """Whether a second hearing has nothing wrong, or more that can stay than the first."""
    n_new = sum(len(one.timed) for one in new if one.stays)
    return all(one.reason is None for one in new) or n_new > (len(old.timed) if old.stays else 0)


def _transcript(
    heard: Sequence[Heard], speech: Mapping[int, tuple[Span, ...]], language: str, prob: float
) -> Transcript:
    words: dict[int, list[Word]] = {channel: [] for channel in speech}
    notes: list[str] = []
    for one in heard:
        if one.stays:
            said = words_of(one.placed, one.timed)
            words[one.piece.channel] += simplify_words(said) if language in _HAN_LANGUAGES else said
        else:
            span, why = one.piece.span, _WHY[one.reason or "doubtful"]
            notes.append(
                f"声道{one.piece.channel}的{span.start_s:.1f}–{span.end_s:.1f}秒识别结果不可信（{why}），未采用"
            )
    ordered = {channel: tuple(sorted(row, key=lambda word: word.span)) for channel, row in words.items()}
    return Transcript(ordered, language, prob, tuple(notes))


def _sound(audio: Audio, piece: Piece, factors: Mapping[int, float]) -> NDArray[np.float32]:
    return render(audio, Window((Placed(piece, 0.0),)), factors)


def _features(model: WhisperModel, sounds: Sequence[NDArray[np.float32]], pad_s: float) -> NDArray[np.float32]:
    """Log-mel spectrograms, float32 [shape=(windows, mels, frames)], padded to the longest and `pad_s` beyond."""
    extractor = model.feature_extractor
    longest_s = max(len(sound) for sound in sounds) / WINDOW_RATE_HZ + pad_s
    n_frames = min(int(extractor.nb_max_frames), int(np.ceil(longest_s)) * _FRAMES_PER_S)
    features = np.zeros((len(sounds), extractor.mel_filters.shape[0], n_frames), dtype=np.float32)
    for k, sound in enumerate(sounds):
        feature = extractor(sound)[:, :n_frames]
        features[k, :, : feature.shape[1]] = feature
    return features


def _tokenizer(model: WhisperModel, language: str) -> Tokenizer:
    from faster_whisper.tokenizer import Tokenizer

    return Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language)


def _barred(tokenizer: Tokenizer, *, spoken_numbers: bool) -> list[int]:
    """Tokens that are never written: what Whisper bars by itself, and digits where numbers are to be spelled out."""
    own = (tokenizer.transcribe, tokenizer.translate, tokenizer.sot, tokenizer.sot_prev, tokenizer.sot_lm)
    barred = {*tokenizer.non_speech_tokens, *own, tokenizer.no_speech}
    if spoken_numbers and tokenizer.language_code in _HAN_LANGUAGES:
        written = tokenizer.tokenizer.get_vocab().items()
        barred |= {token for text, token in written if token < tokenizer.eot and _DIGIT.search(text)}
    return sorted(barred)
