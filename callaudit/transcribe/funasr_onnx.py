"""Words by SenseVoice-Small or Paraformer, FunASR's networks, run by onnxruntime.

Why onnxruntime and not sherpa-onnx, funasr-onnx or funasr: onnxruntime is a dependency already and runs the same files.
sherpa-onnx gives no probability with these networks (rules weigh how surely a word was heard), and ends the whole
process on a network whose metadata are incomplete; funasr-onnx gives neither times nor probabilities with SenseVoice;
funasr brings torch. What they add, features and reading the answers, is `fbank` and
`funasr_model`.

These networks hear a sound at once and write no word after another, so each piece of speech is fed by itself: nothing
of one party's words leaks into the other's, and a piece gives the same words in any company. Numbers come as they are
spoken and without punctuation (SenseVoice's inverse text normalisation stays off: it would write 四十 as 40), which
`callaudit.text` then sets from pauses and particles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from callaudit.errors import EngineError
from callaudit.models import ModelFiles, resolve
from callaudit.progress import SILENT, Progress
from callaudit.records import Audio
from callaudit.spans import Span, total_s
from callaudit.transcribe.alignment import atoms
from callaudit.transcribe.base import Transcript
from callaudit.transcribe.funasr_folder import Network, open_network
from callaudit.transcribe.funasr_model import SPOKEN, hear
from callaudit.transcribe.heard import Heard, spoken_language, transcript_of
from callaudit.transcribe.voice import has_voice
from callaudit.transcribe.windows import DEFAULT_CUTTING, Cutting, Piece, Placed, cut, gains, render_piece

_STAGE = "transcribe"
_PARAFORMER_SPEAKS = ("zh", "en")


class FunasrOnnxTranscriber:
    """SenseVoice or Paraformer in ONNX form; loaded at the first transcription and then kept.

    Parameters
    ----------
    model : name of the manifest, folder, or files found before
    device : ``cpu``, ``cuda`` or ``auto``
    threads : CPU threads, 0 for onnxruntime's own choice
    voiced : whether a piece, sound at 16 kHz, is fed at all
    """

    def __init__(
        self,
        model: str | ModelFiles,
        *,
        device: str = "cpu",
        threads: int = 0,
        cutting: Cutting = DEFAULT_CUTTING,
        voiced: Callable[[NDArray[np.float32]], bool] = has_voice,
    ) -> None:
        self._named = model
        self._device = device
        self._threads = threads
        self._cutting = cutting
        self._voiced = voiced

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
        _ = self._network

    def transcribe(
        self,
        audio: Audio,
        speech: Mapping[int, tuple[Span, ...]],
        *,
        language: str | None = None,
        progress: Progress = SILENT,
    ) -> Transcript:
        """Words heard in the speech of each channel; `language` None means: hear which (Paraformer: Chinese)."""
        factors = gains(audio, speech, self._cutting)
        sounds = ((piece, render_piece(audio, piece, factors)) for piece in cut(audio, speech, self._cutting))
        pieces = [piece for piece, sound in sounds if self._voiced(sound)]
        if not pieces:
            return Transcript({channel: () for channel in speech}, language or "und", 1.0 if language else 0.0)
        name, prob, asked = self._language(audio, pieces, factors, language)
        heard: list[Heard] = []
        total, done = sum(total_s(piece.speech) for piece in pieces), 0.0
        for piece in pieces:
            progress.step(_STAGE, done, total)
            told = hear(self._network, render_piece(audio, piece, factors), asked)
            heard.append(Heard(Placed(piece, 0.0), atoms(told.timed), told.avg_logprob, told.no_speech_prob))
            done += total_s(piece.speech)
        progress.step(_STAGE, 1.0, 1.0)
        return transcript_of(heard, speech, name, prob)

    @cached_property
    def _files(self) -> ModelFiles:
        return resolve(self._named) if isinstance(self._named, str) else self._named

    @cached_property
    def _network(self) -> Network:
        return open_network(self._files, device=self._device, threads=self._threads)

    def _language(
        self, audio: Audio, pieces: Sequence[Piece], factors: Mapping[int, float], language: str | None
    ) -> tuple[str, float, str]:
        """The language to report, its probability, and what the network is told to expect.

        Heard in the piece with the most speech; a call in Cantonese is reported as Chinese and heard as Cantonese.
        """
        knows = SPOKEN if self._network.kind == "sense-voice" else _PARAFORMER_SPEAKS
        if language is not None:
            base = language.split("-")[0].lower()
            if base not in knows:
                raise EngineError(f"model {self.name} knows {', '.join(knows)}, not {language!r}; choose another model")
            return language, 1.0, base
        if self._network.kind == "paraformer":
            return "zh", 0.0, "zh"
        longest = max(pieces, key=lambda piece: total_s(piece.speech))
        ranked = hear(self._network, render_piece(audio, longest, factors)).languages
        name, prob = spoken_language(ranked)
        if name != "zh":
            return name, prob, name
        return name, prob, max((pair for pair in ranked if pair[0] in ("zh", "yue")), key=lambda pair: pair[1])[0]
