"""Words by Whisper, run by CTranslate2 through faster-whisper.

Why not `WhisperModel.transcribe`: it walks a whole channel in steps that each wait for the one before, hears every
ring and every pause, and gives a held stretch to the line before it. Here only speech is fed, many windows at a time,
one voice a window, and every word is tied to the speech it came from (`windows`, `alignment`). Both parties in one
window, as a dialogue, would save a window now and then and err a little more.
The first hearing takes the likeliest token at each step, and keeps what else was likely there (`doubts`). A window that
is then in doubt is written once more with a beam, and the likelier text taken. What comes out wrong (`phantoms`) or
not at all is heard again in smaller company, and left out if it stays wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from callaudit.errors import EngineError
from callaudit.models import DEFAULT_MODEL, ModelFiles, resolve
from callaudit.progress import SILENT, Progress
from callaudit.records import Audio
from callaudit.spans import Span
from callaudit.transcribe.alignment import Timed, atoms, spread
from callaudit.transcribe.base import Transcript
from callaudit.transcribe.decoding import (
    Decoder,
    Written,
    batches,
    better,
    encode,
    n_workers,
    on_device,
    side_by_side,
)
from callaudit.transcribe.doubts import Stretch, entries, other_ways
from callaudit.transcribe.heard import Heard, Variant, spoken_language, transcript_of
from callaudit.transcribe.voice import has_voice
from callaudit.transcribe.windows import (
    DEFAULT_CUTTING,
    Cutting,
    Piece,
    Window,
    cut,
    gains,
    pack,
    render,
    render_piece,
    spoken_s,
)

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

DOUBTFUL_LOGPROB = -0.3
"""Mean log-probability of a window below which it is written once more with a beam. On 44 labelled calls 916 of 8,413
characters came out wrong; with −0.25, 904 in a fifth more time."""

_TOKENS_PER_S = 8
_WHOLE_S = 30.0
_STAGE = "transcribe"


@dataclass(frozen=True, slots=True)
class Decoding:
    """How sound becomes tokens; the temperature is always 0, so that the same sound gives the same words.

    The first hearing takes the likeliest token at each step. `doubt_beam_size`: ways weighed for a window that is then
    in doubt, 1 for no second try. `beam_size`: the same where something came out wrong. `batch_size`: windows decoded
    together, which changes speed and memory but not the words. `spoken_numbers`: Chinese numbers are written as they
    are spoken, 四十 and not 40, by barring digits. `again_s`: window lengths of the second and third hearing of what
    came out wrong. `again_pad_s`: silence after the sound of those windows, which are mostly short; the first hearing
    always gets the 30 s that Whisper learnt on, because with less it errs more.
    """

    beam_size: int = 5
    doubt_beam_size: int = 3
    batch_size: int = 3
    spoken_numbers: bool = True
    again_s: tuple[float, ...] = (12.0, 5.0)
    again_pad_s: float = 4.0


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

    def load(self) -> None:
        """Load the model now; ModelMissing or EngineError where that fails."""
        _ = self._model

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
        pieces = self._spoken(audio, cut(audio, speech, self._cutting), factors)
        windows = [window for channel in sorted(speech) for window in pack(_of(pieces, channel), self._cutting)]
        if not windows:
            return Transcript({channel: () for channel in speech}, language or "und", 1.0 if language else 0.0)
        try:
            fullest = sorted(windows, key=spoken_s, reverse=True)[: self._decoding.batch_size]
            known = {} if language else self._encoded(audio, fullest, factors)
            language, prob = (language, 1.0) if language else self._language(known)
            known = {window: own for window, own in known.items() if isinstance(own, np.ndarray)}
            decoder = Decoder(self._model, language, spoken_numbers=self._decoding.spoken_numbers)
            run = _Run(self._model, decoder, audio, factors, known, self._decoding, self._workers)
            heard = run.hear(windows, _WHOLE_S, 1, progress)
            for longest_s in self._decoding.again_s:
                heard = run.hear_again(heard, replace(self._cutting, longest_s=longest_s))
        except (RuntimeError, ValueError, MemoryError) as error:
            raise EngineError(f"model {self.name} failed on device {self._device}: {error}") from error
        return transcript_of(heard, speech, language, prob)

    @cached_property
    def _files(self) -> ModelFiles:
        return resolve(self._named) if isinstance(self._named, str) else self._named

    @property
    def _workers(self) -> int:
        return n_workers(self._threads, self._device)[0]

    @cached_property
    def _model(self) -> WhisperModel:
        from faster_whisper import WhisperModel

        workers, threads = n_workers(self._threads, self._device)
        try:
            return WhisperModel(
                str(self._files.path),
                device=self._device,
                compute_type=self._compute_type,
                cpu_threads=threads,
                num_workers=workers,
            )
        except (RuntimeError, ValueError, MemoryError) as error:
            raise EngineError(
                f"model {self.name} cannot be loaded on device {self._device} as {self._compute_type}: {error}"
            ) from error

    def _spoken(self, audio: Audio, pieces: Sequence[Piece], factors: Mapping[int, float]) -> list[Piece]:
        """The pieces that hold a voice."""

        def voiced(piece: Piece) -> bool:
            return self._voiced(render_piece(audio, piece, factors))

        answers = side_by_side(voiced, pieces, self._workers)
        return [piece for piece, answer in zip(pieces, answers, strict=True) if answer]

    def _encoded(self, audio: Audio, windows: Sequence[Window], factors: Mapping[int, float]) -> dict[Window, Any]:
        def encoded(window: Window) -> Any:
            return encode(self._model, [render(audio, window, factors)], _WHOLE_S)

        return dict(zip(windows, side_by_side(encoded, windows, self._workers), strict=True))

    def _language(self, known: Mapping[Window, Any]) -> tuple[str, float]:
        """The language of the window with the most speech, and its probability."""
        window = max(known, key=spoken_s)
        ranked = self._model.model.detect_language(on_device(known[window]))[0]
        return spoken_language([(token[2:-2], prob) for token, prob in ranked])


@dataclass(frozen=True, slots=True)
class _Run:
    """One recording at work; `known` holds windows that are encoded already."""

    model: WhisperModel
    decoder: Decoder
    audio: Audio
    factors: Mapping[int, float]
    known: dict[Window, Any]
    decoding: Decoding
    workers: int

    def hear(self, windows: Sequence[Window], pad_s: float, beam_size: int, progress: Progress) -> list[Heard]:
        """Every piece of the windows, in their order."""

        def hear_batch(batch: Sequence[Window]) -> list[Heard]:
            return self._hear_batch(batch, pad_s, beam_size)

        heard: list[Heard] = []
        total, done = sum(spoken_s(window) for window in windows), 0.0
        groups = batches(windows, self.decoding.batch_size)
        progress.step(_STAGE, done, total)
        for batch, found in zip(groups, side_by_side(hear_batch, groups, self.workers), strict=True):
            heard += found
            done += sum(spoken_s(window) for window in batch)
            progress.step(_STAGE, done, total)
        progress.step(_STAGE, 1.0, 1.0)
        return heard

    def hear_again(self, heard: Sequence[Heard], cutting: Cutting) -> list[Heard]:
        """The same, with those pieces that came out wrong heard once more in windows of another length."""
        halves = [
            cut(self.audio, {one.piece.channel: one.piece.speech}, cutting) if one.reason else () for one in heard
        ]
        windows = pack([piece for pieces in halves for piece in pieces], cutting)
        again = iter(self.hear(windows, self.decoding.again_pad_s, self.decoding.beam_size, SILENT))
        better: list[Heard] = []
        for one, pieces in zip(heard, halves, strict=True):
            new = [next(again) for _ in pieces]
            better += new if new and _is_better(new, one) else [one]
        return better

    def _hear_batch(self, windows: Sequence[Window], pad_s: float, beam_size: int) -> list[Heard]:
        encoded = self._encode(windows, pad_s)
        most = 10 + round(_TOKENS_PER_S * max(spoken_s(window) for window in windows))
        written = self.decoder.write(on_device(encoded), len(windows), most=most, beam_size=beam_size)
        written = self._surer(encoded, written, most, beam_size)
        aligned = self.decoder.align(encoded, written, [window.duration_s for window in windows])
        heard: list[Heard] = []
        for window, one, rows in zip(windows, written, aligned, strict=True):
            timed = atoms(Timed(row.text, row.start_s, row.end_s, row.prob) for row in rows)
            stretches = other_ways(rows, one.others, self.decoder.text)
            at = 0
            for placed, share in zip(window.placed, spread(window, timed), strict=True):
                variants = tuple(_variants(share, stretches, at))
                heard.append(Heard(placed, share, one.avg_logprob, one.no_speech_prob, variants))
                at += len(share)
        return heard

    def _surer(self, encoded: Any, written: list[Written], most: int, beam_size: int) -> list[Written]:
        """The same, with windows in doubt written once more with a beam where that is likelier."""
        doubtful = [k for k, one in enumerate(written) if one.avg_logprob < DOUBTFUL_LOGPROB]
        if beam_size > 1 or not doubtful or self.decoding.doubt_beam_size == 1 or not isinstance(encoded, np.ndarray):
            return written
        again = self.decoder.write(
            on_device(encoded[doubtful]), len(doubtful), most=most, beam_size=self.decoding.doubt_beam_size
        )
        surer = dict(zip(doubtful, again, strict=True))
        return [better(one, surer[k]) if k in surer else one for k, one in enumerate(written)]

    def _encode(self, windows: Sequence[Window], pad_s: float) -> Any:
        """All windows together, those known already taken from there."""
        if not self.known:
            return encode(self.model, [render(self.audio, window, self.factors) for window in windows], pad_s)
        parts = [self.known.pop(window, None) for window in windows]
        for k, window in enumerate(windows):
            if parts[k] is None:
                parts[k] = encode(self.model, [render(self.audio, window, self.factors)], pad_s)
        return np.concatenate(parts)


def _of(pieces: Sequence[Piece], channel: int) -> list[Piece]:
    return [piece for piece in pieces if piece.channel == channel]


def _variants(share: Sequence[Timed], stretches: Sequence[Stretch], at: int) -> Iterator[Variant]:
    """The other ways to read the stretches that lie in a piece, whose first entry is the window's entry `at`."""
    for stretch in stretches:
        start, end = stretch.start - at, stretch.end - at
        if start >= 0 and end <= len(share):
            for way in stretch.ways:
                yield Variant(start, end, entries(share[start:end], way.texts, way.share), way.share)


def _is_better(new: Sequence[Heard], old: Heard) -> bool:
    """Whether a second hearing has nothing wrong, or more that can stay than the first."""
    n_new = sum(len(one.timed) for one in new if one.stays)
    return all(one.reason is None for one in new) or n_new > (len(old.timed) if old.stays else 0)
