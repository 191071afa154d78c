"""Speech to words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callaudit.transcribe.base import Transcriber, Transcript
from callaudit.transcribe.recorded import RecordedTranscriber

if TYPE_CHECKING:
    from callaudit.config import EngineConfig

__all__ = ["RecordedTranscriber", "Transcriber", "Transcript", "make_transcriber"]


def make_transcriber(config: EngineConfig) -> Transcriber:
    """The recogniser that a configuration asks for; the model is found when it is first needed."""
    from callaudit.transcribe.faster_whisper import Decoding, FasterWhisperTranscriber

    return FasterWhisperTranscriber(
        config.model,
        device=config.device,
        compute_type=config.compute_type,
        threads=config.threads,
        decoding=Decoding(beam_size=config.beam_size),
    )
