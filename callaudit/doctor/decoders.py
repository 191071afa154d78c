"""Whether recordings of every usual format are decoded: each is tried on a short clip made here."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from callaudit.doctor.check import Check

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LENGTH_S = 1.0
LENGTH_OFF_S = 0.15
"""Codecs round to frames."""

LEAST_LEVEL = 0.02
"""Root mean square below which the tone of 0.35 did not come through."""

SNDFILE = {
    "WAV (PCM)": ("1.wav", "WAV", "PCM_16"),
    "WAV (A-law)": ("2.wav", "WAV", "ALAW"),
    "WAV (µ-law)": ("3.wav", "WAV", "ULAW"),
    "WAV (GSM)": ("4.wav", "WAV", "GSM610"),
    "WAV (ADPCM)": ("5.wav", "WAV", "IMA_ADPCM"),
    "FLAC": ("6.flac", "FLAC", "PCM_16"),
    "OGG Vorbis": ("7.ogg", "OGG", "VORBIS"),
    "Opus": ("8.opus", "OGG", "OPUS"),
    "MP3": ("9.mp3", "MP3", "MPEG_LAYER_III"),
    "GSM": ("10.gsm", "RAW", "GSM610"),
}
FFMPEG = {
    "AMR": ("11.amr", "amr", "libopencore_amrnb", 8000),
    "M4A (AAC)": ("12.m4a", "mp4", "aac", 16000),
    "WMA": ("13.wma", "asf", "wmav2", 16000),
    "G.722": ("14.g722", "g722", "g722", 16000),
}
FRAMES = {
    "AMR-WB": ("15.awb", b"#!AMR-WB\n" + (b"\x04" + bytes(range(1, 18))) * 50),  # RFC 4867: 20 ms at 6.60 kbit/s each
    "G.729": ("16.g729", bytes(range(10)) * 100),  # 10 ms each; any bits are a frame
}
"""Formats that nothing here encodes: frames written by hand, whose length alone is known."""


def decoders() -> Iterator[Check]:
    """One line for the formats that work, and one for each that does not."""
    import av
    import soundfile

    n_tried, well = 0, []
    with TemporaryDirectory(prefix="callaudit-doctor-") as folder:
        for name, write in _clips():
            n_tried += 1
            try:
                why = _tried(write(Path(folder)), is_tone=name not in FRAMES)
            except Exception as error:  # libraries that lack a codec say so in many ways
                why = f"{type(error).__name__}: {' '.join(str(error).split())}"
            if why is None:
                well.append(name)
            else:
                todo = "pip install --force-reinstall soundfile av, or convert such recordings to WAV before the audit"
                yield Check(f"decoder {name}", "ill", why, todo)
    versions = f"libsndfile {soundfile.__libsndfile_version__}, PyAV {av.__version__}"
    yield Check("decoders", "well", f"{len(well)} of {n_tried} formats: {', '.join(well)} ({versions})")


def _clips() -> Iterator[tuple[str, Callable[[Path], Path]]]:
    for name, (file, container, codec) in SNDFILE.items():
        yield name, partial(_by_sndfile, file, container, codec)
    for name, (file, container, codec, rate_hz) in FFMPEG.items():
        yield name, partial(_by_ffmpeg, file, container, codec, rate_hz)
    for name, (file, frames) in FRAMES.items():
        yield name, partial(_written, file, frames)


def _tried(path: Path, *, is_tone: bool) -> str | None:
    """What is wrong with the sound decoded from a clip; None where nothing is."""
    import numpy as np

    from callaudit.audio import read_audio

    _, audio = read_audio(path, named=path.name)
    if abs(audio.duration_s - LENGTH_S) > LENGTH_OFF_S:
        return f"decoded to {audio.duration_s:.2f} s, wanted {LENGTH_S:g} s"
    level = float(np.sqrt(np.mean(audio.samples[0, slice(0, audio.n_samples)] ** 2)))
    return f"decoded to silence (level {level:.3f})" if is_tone and level < LEAST_LEVEL else None


def _tone(rate_hz: int) -> NDArray[np.float32]:
    import numpy as np

    return (0.5 * np.sin(2 * np.pi * 440.0 * np.arange(round(LENGTH_S * rate_hz)) / rate_hz)).astype(np.float32)


def _written(name: str, content: bytes, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _by_sndfile(name: str, container: str, codec: str, folder: Path) -> Path:
    import soundfile

    rate_hz = 16000 if codec in ("VORBIS", "OPUS", "MPEG_LAYER_III") else 8000
    clip = io.BytesIO()
    soundfile.write(clip, _tone(rate_hz), rate_hz, format=container, subtype=codec)
    return _written(name, clip.getvalue(), folder)


def _by_ffmpeg(name: str, container: str, codec: str, rate_hz: int, folder: Path) -> Path:
    import av
    import numpy as np
    from av.audio.stream import AudioStream

    path = folder / name
    with av.open(str(path), "w", format=container) as out:
        track = out.add_stream(codec, rate=rate_hz, layout="mono")
        assert isinstance(track, AudioStream)
        track.bit_rate = 12200 if container == "amr" else 48000
        track.codec_context.open()
        samples = (_tone(rate_hz) * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = rate_hz
        size = track.codec_context.frame_size or 160
        fit = av.AudioResampler(format=track.codec_context.format, layout="mono", rate=rate_hz, frame_size=size)
        for piece in [*fit.resample(frame), *fit.resample(None)]:
            out.mux(track.encode(piece))
        out.mux(track.encode(None))
    return path
