"""Speech to words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callaudit.errors import EngineError
from callaudit.models import engine_of
from callaudit.transcribe.base import Loadable, Transcriber, Transcript
from callaudit.transcribe.recorded import RecordedTranscriber

if TYPE_CHECKING:
    from callaudit.config import EngineConfig

__all__ = ["Loadable", "RecordedTranscriber", "Transcriber", "Transcript", "make_transcriber"]


def make_transcriber(config: EngineConfig) -> Transcriber:
    """The recogniser that a configuration asks for, chosen by what its model is; the model itself is found and loaded
    when it is first needed.

    Raises
    ------
    ModelMissing
        `model` is a folder that holds no model, or not all of one.
    EngineError
        `device` is cuda and there is none.
    """
    if engine_of(config.model) == "funasr-onnx":
        from callaudit.transcribe.funasr_onnx import FunasrOnnxTranscriber

        return FunasrOnnxTranscriber(config.model, device=config.device, threads=config.threads)
    if config.device == "cuda":
        _check_cuda()
    from callaudit.transcribe.faster_whisper import Decoding, FasterWhisperTranscriber

    return FasterWhisperTranscriber(
        config.model,
        device=config.device,
        compute_type=config.compute_type,
        threads=config.threads,
        decoding=Decoding(beam_size=config.beam_size),
    )


def _check_cuda() -> None:
    """EngineError where CTranslate2 sees no GPU: better said before the night's first call than at each of them."""
    import ctranslate2

    if ctranslate2.get_cuda_device_count() == 0:
        raise EngineError(
            "device cuda is asked for, but CTranslate2 sees no NVIDIA GPU with a working driver; "
            "set device to cpu, or check `nvidia-smi` and the CUDA 12 and cuDNN 9 libraries"
        )
