"""Blocks of samples out of a file: libsndfile where it can, FFmpeg (PyAV) for whatever else recorders write.

libsndfile is asked only for the containers it is the better at; MP3 goes to FFmpeg, because libsndfile's MP3 decoder
writes its troubles to the process's stderr. FFmpeg is held to a list of demuxers, because some of the others
(playlists, concatenations) open further files and addresses that the content names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from numpy.typing import NDArray

from callaudit.audio.claims import states_mp3_length
from callaudit.errors import UnreadableAudio

if TYPE_CHECKING:
    from av import AudioFrame
    from av.container import InputContainer

BLOCK_FRAMES = 4096  # the usual FLAC frame: a broken one costs itself and no neighbour

SNDFILE_FORMATS = frozenset({"WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "AIFF", "AU", "CAF"})
SNDFILE_MAGIC = (b"RIFF", b"RF64", b"riff", b"fLaC", b"OggS", b"FORM", b".snd", b"caff")
SNDFILE_CODECS = {
    "PCM_S8": "pcm_s8",
    "PCM_U8": "pcm_u8",
    "PCM_16": "pcm_s16le",
    "PCM_24": "pcm_s24le",
    "PCM_32": "pcm_s32le",
    "FLOAT": "pcm_f32le",
    "DOUBLE": "pcm_f64le",
    "ULAW": "pcm_mulaw",
    "ALAW": "pcm_alaw",
    "IMA_ADPCM": "adpcm_ima_wav",
    "MS_ADPCM": "adpcm_ms",
    "GSM610": "gsm_ms",
    "VORBIS": "vorbis",
    "OPUS": "opus",
    "MPEG_LAYER_III": "mp3",
}

FFMPEG_DEMUXERS = "wav,w64,mp3,aac,amr,amrnb,amrwb,mov,asf,ogg,matroska,flac,gsm,g729,g722,caf,aiff,au,3gp"
FFMPEG_RAW = {".gsm": "gsm", ".g729": "g729", ".g722": "g722"}  # no header to know them by: the name must tell
FFMPEG_DATED = frozenset({"mov", "asf", "ogg", "matroska", "wav", "w64", "flac", "caf", "aiff", "au"})

SECONDS_OF_FFMPEG = 1e-6  # AV_TIME_BASE, in which a container states its duration


@dataclass(frozen=True, slots=True)
class Block:
    """Samples float32 [shape=(n, channels)] and the time the container gives their first, None where it gives none."""

    samples: NDArray[np.float32]
    sample_rate_hz: int
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """A file being decoded: what it says it is, and its sound.

    `blocks` raises UnreadableAudio at the first place it cannot get over; a frame that was lost shows only in the
    time of the next. `promised_s` is the length that the container states, None where it states none.
    """

    codec: str
    sample_rate_hz: int
    n_channels: int
    promised_s: float | None
    blocks: Iterator[Block]


Decoder = Callable[[Path], AbstractContextManager[Stream]]


@contextmanager
def by_libsndfile(path: Path) -> Iterator[Stream]:
    """The file as libsndfile decodes it.

    Raises
    ------
    UnreadableAudio
        Where libsndfile does not know the format, or the file breaks off.
    """
    with path.open("rb") as file:
        if not file.read(4).startswith(SNDFILE_MAGIC):
            raise UnreadableAudio("not a format of libsndfile")
    try:
        sound = soundfile.SoundFile(os.fsencode(path))
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise UnreadableAudio(_plain(error)) from error
    with sound:
        if sound.format not in SNDFILE_FORMATS:
            raise UnreadableAudio(f"not a format of libsndfile to rely on: {sound.format}")
        codec = "flac" if sound.format == "FLAC" else SNDFILE_CODECS.get(sound.subtype, sound.subtype.lower())
        if sound.format in {"AIFF", "AU", "CAF"} or sound.endian == "BIG":
            codec = codec.replace("le", "be") if codec.startswith("pcm_") else codec
        promised_s = sound.frames / sound.samplerate if 0 < sound.frames < 1 << 48 else None
        yield Stream(codec, sound.samplerate, sound.channels, promised_s, _sndfile_blocks(sound))


def _sndfile_blocks(sound: soundfile.SoundFile) -> Iterator[Block]:
    while True:
        try:
            block = sound.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise UnreadableAudio(_plain(error)) from error
        if not len(block):
            return
        yield Block(block, sound.samplerate)


@contextmanager
def by_ffmpeg(path: Path) -> Iterator[Stream]:
    """The first sound track of the file as FFmpeg decodes it.

    Raises
    ------
    UnreadableAudio
        Where FFmpeg does not know the format, finds no sound in it, or has no decoder for it.
    """
    import av  # here, because it costs 0.06 s that most recordings do not need
    from av.error import FFmpegError

    raw = FFMPEG_RAW.get(path.suffix.lower())
    # An open file, not a name: FFmpeg would take a name such as "concat:…" for a protocol.
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "rb") as file:
        try:
            options = {"format_whitelist": FFMPEG_DEMUXERS}
            container = av.open(file, "r", format=raw, metadata_errors="replace", options=options)
        except (FFmpegError, ValueError) as error:
            raise UnreadableAudio(_plain(error)) from error
        with container:
            yield _ffmpeg_stream(container, path)


def _ffmpeg_stream(container: InputContainer, path: Path) -> Stream:
    if not container.streams.audio:
        raise UnreadableAudio("no sound track in the file")
    track = container.streams.audio[0]
    if track.codec_context is None:
        raise UnreadableAudio("FFmpeg has no decoder for the sound track")
    blocks = _ffmpeg_blocks(container)
    first = next(blocks, None)
    if first is None:
        raise UnreadableAudio("no samples in the file")
    form = container.format.name
    dated = states_mp3_length(path) if form == "mp3" else not FFMPEG_DATED.isdisjoint(form.split(","))
    return Stream(
        codec=track.codec_context.codec.canonical_name,
        sample_rate_hz=first.sample_rate_hz,  # of a decoded frame: the header of AAC-SBR states half of it
        n_channels=first.samples.shape[1],
        promised_s=container.duration * SECONDS_OF_FFMPEG if dated and container.duration else None,
        blocks=_alike(first, blocks),
    )


def _alike(first: Block, others: Iterator[Block]) -> Iterator[Block]:
    yield first
    for block in others:
        was, now = (first.sample_rate_hz, first.samples.shape[1]), (block.sample_rate_hz, block.samples.shape[1])
        if was != now:
            raise UnreadableAudio(f"the sound changes in mid-file from {was} to {now} (Hz, channels)")
        yield block


def _ffmpeg_blocks(container: InputContainer) -> Iterator[Block]:
    from av.error import FFmpegError, InvalidDataError

    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = packet.decode()
        except InvalidDataError:
            continue  # one frame is lost; the ones after it may be whole
        except (FFmpegError, OSError) as error:
            raise UnreadableAudio(_plain(error)) from error
        for frame in frames:
            at_s = None
            if frame.pts is not None and frame.time_base is not None:
                at_s = float(frame.pts * frame.time_base)
            yield Block(_float_samples(frame), frame.sample_rate, at_s)


def _float_samples(frame: AudioFrame) -> NDArray[np.float32]:
    """Samples of a frame, float32 [shape=(n, channels)], full scale at 1."""
    values = frame.to_ndarray()
    rows = values.T if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels)
    if values.dtype.kind == "f":
        return rows.astype(np.float32)
    full_scale = float(1 << (8 * values.dtype.itemsize - 1))
    middle = full_scale if values.dtype.kind == "u" else 0.0
    return ((rows.astype(np.float64) - middle) / full_scale).astype(np.float32)


def _plain(error: Exception) -> str:
    """The decoder's own words, without the name that the caller puts before them."""
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split()).rstrip(".")
