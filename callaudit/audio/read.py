"""A recording from a file: its samples at the working rate and its description. Exactly these two jobs."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from callaudit.audio.claims import lacks_end, promised_wav_bytes
from callaudit.audio.decode import Decoder, Stream, by_ffmpeg, by_libsndfile
from callaudit.audio.digest import sha256_of
from callaudit.audio.gather import Gathered, gather
from callaudit.audio.metadata import read_metadata
from callaudit.audio.names import printable
from callaudit.audio.storage import StorageFull
from callaudit.errors import AudioError, UnreadableAudio, UnsupportedAudio
from callaudit.records import Audio, Layout, Recording

LEAST_RATE_HZ, MOST_RATE_HZ = 8000, 48000
MOST_CHANNELS = 2

LEAST_OF_BROKEN_S = 1.0
"""Of a file that breaks off, at least this much must be there to be worth an audit."""

LEAST_MISSING_S, LEAST_MISSING_RATIO = 0.1, 0.02
"""A file that is shorter than promised by no more than this is whole: codecs round to frames."""

NOTABLE_OFFSET = 0.02
DECODERS: tuple[tuple[str, Decoder], ...] = (("libsndfile", by_libsndfile), ("FFmpeg", by_ffmpeg))


def read_audio(
    path: str | os.PathLike[str],
    *,
    overrides: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    filename_pattern: str | None = None,
    named: str | None = None,
) -> tuple[Recording, Audio]:
    """A recording and its samples.

    Parameters
    ----------
    path : file of one or two channels at 8000 to 48000 Hz, in any format that libsndfile or FFmpeg decodes
    overrides, defaults, filename_pattern : metadata besides the sidecar, as `callaudit.audio.metadata.read_metadata`
        takes them
    named : where the recording really lies, for `Recording.path` and messages, if `path` is but a copy

    Returns
    -------
    Recording
        `duration_s` is what could be decoded, whatever the header says; `warnings` are in Chinese, for the report.
    Audio [float32, shape=(channels, n), in [-1, 1], at 8000 Hz (files up to 11025 Hz) or 16000 Hz]
        Two identical channels are one. The samples of a recording of more than ten minutes lie in a temporary file
        without a name, which goes when the last reference to them does.

    Raises
    ------
    UnreadableAudio
        The file is missing, no file, not permitted, empty, not audio, without samples, or too little of it is left.
    UnsupportedAudio
        More than two channels, or another sample rate.
    AudioError
        There is no room on disk for the samples of a long recording.
    ConfigError
        The metadata is broken.
    """
    name, file = printable(path if named is None else named), Path(os.fsdecode(path))
    size = _checked_size(file, name)
    metadata = read_metadata(
        file, overrides=overrides, defaults=defaults, filename_pattern=filename_pattern, named=named
    )
    try:
        stream, sound = _decoded(file, name, size)
        short = _shortfall(file, stream, sound)
        digest = sha256_of(file)
    except StorageFull as error:
        raise AudioError(f"{name}: {error}") from error
    except OSError as error:
        raise UnreadableAudio(f"{name}: cannot be read ({error.strerror or error}); check the disk") from error
    if short is not None and sound.read_s < LEAST_OF_BROKEN_S:
        wanted = f"wanted at least {LEAST_OF_BROKEN_S:g} s of it"
        raise UnreadableAudio(f"{name}: the file breaks off after {sound.read_s:.2f} s, {wanted}; copy it again")
    layout: Layout = "dual-mono" if sound.same_channels else "stereo" if stream.n_channels == 2 else "mono"
    recording = Recording(
        id=digest,
        path=name,
        duration_s=sound.read_s,
        sample_rate_hz=stream.sample_rate_hz,
        n_channels=stream.n_channels,
        layout=layout,
        codec=stream.codec,
        metadata=metadata,
        warnings=_warnings(sound, short),
    )
    return recording, Audio(sound.samples, sound.sample_rate_hz)


def _checked_size(file: Path, name: str) -> int:
    try:
        status = file.stat()
        if stat.S_ISREG(status.st_mode):
            file.open("rb").close()
    except FileNotFoundError as error:
        raise UnreadableAudio(f"{name}: no such file; check the path") from error
    except PermissionError as error:
        raise UnreadableAudio(f"{name}: no permission to read it; give this user read access") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableAudio(f"{name}: cannot be opened ({reason}); check the path") from error
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableAudio(f"{name}: wanted an audio file, got a directory; name the files in it")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableAudio(f"{name}: wanted an audio file, got a pipe or device; save the sound to a file first")
    if status.st_size == 0:
        raise UnreadableAudio(f"{name}: the file is empty (0 bytes); record or copy it again")
    return status.st_size


def _decoded(file: Path, name: str, size: int) -> tuple[Stream, Gathered]:
    """What the first decoder gets that finds no fault; else the most that any of them gets."""
    best: tuple[Stream, Gathered] | None = None
    said: list[str] = []
    for title, decoder in DECODERS:
        try:
            with decoder(file) as stream:
                _check_kind(stream, name)
                sound = gather(stream, size)
        except UnreadableAudio as error:
            said.append(f"{title}: {error}")
            continue
        if best is None or sound.read_s > best[1].read_s:
            best = stream, sound
        if sound.broken is None and sound.read_s > 0:
            return best
        said.append(f"{title}: {sound.broken or 'no samples'}")
    if best is None:
        wanted = "wanted WAV, FLAC, OGG, MP3, Opus, AMR, GSM or M4A"
        raise UnreadableAudio(f"{name}: not audio that can be decoded; {wanted}; got ({'; '.join(said)}); convert it")
    if best[1].read_s == 0:
        raise UnreadableAudio(f"{name}: the file holds no samples ({'; '.join(said)}); record or copy it again")
    return best


def _check_kind(stream: Stream, name: str) -> None:
    if not 1 <= stream.n_channels <= MOST_CHANNELS:
        raise UnsupportedAudio(
            f"{name}: {stream.n_channels} channels, wanted 1 (mix) or 2 (one a party); "
            f"keep the two that hold the parties: ffmpeg -i IN -af 'pan=stereo|c0=c0|c1=c1' OUT.wav"
        )
    if not LEAST_RATE_HZ <= stream.sample_rate_hz <= MOST_RATE_HZ:
        raise UnsupportedAudio(
            f"{name}: sample rate {stream.sample_rate_hz} Hz, wanted {LEAST_RATE_HZ} to {MOST_RATE_HZ} Hz; "
            f"convert it: ffmpeg -i IN -ar 16000 OUT.wav"
        )


def _warnings(sound: Gathered, short: str | None) -> tuple[str, ...]:
    """What limits the audit, a sentence each, in Chinese for the report."""
    said = [short] if short is not None else []
    if sound.lost_s > 0:
        said.append(f"有 {sound.lost_s:.1f} 秒音频损坏或丢失，以静音代替")
    if sound.same_channels:
        said.append("两个声道内容相同（双单声道），按单声道混音处理，双方靠嗓音区分")
    if sound.n_unreal:
        said.append(f"有 {sound.n_unreal} 个采样值无效（NaN 或无穷大），已按静音处理")
    if sound.n_beyond:
        said.append(f"有 {sound.n_beyond} 个采样值超出满幅，已削到满幅")
    if sound.offset >= NOTABLE_OFFSET:
        said.append(f"录音带有直流偏移（满幅的 {sound.offset:.0%}），已去除")
    return tuple(said)


def _shortfall(file: Path, stream: Stream, sound: Gathered) -> str | None:
    """How the sound falls short of what the file promises, in Chinese; None where it does not."""
    if sound.broken is not None:
        return f"文件在 {sound.read_s:.1f} 秒处损坏或被截断，只审计了能解出的部分"
    promised = promised_wav_bytes(file)
    if promised is not None and promised[0] > promised[1] + 1:
        return f"文件头声明的数据多于文件实有，录音可能被截断；按实有的 {sound.read_s:.1f} 秒审计"
    if promised is not None and promised[0] == 0 and sound.read_s > 0:
        return f"文件头没有写明长度（录音可能没有正常结束）；按实有的 {sound.read_s:.1f} 秒审计"
    if stream.promised_s is not None:
        missing_s = stream.promised_s - sound.read_s
        if missing_s > LEAST_MISSING_S + LEAST_MISSING_RATIO * sound.read_s:
            return f"文件头声明 {stream.promised_s:.1f} 秒，实际只有 {sound.read_s:.1f} 秒，录音可能被截断"
    if lacks_end(file):
        return f"文件没有结束标记，录音可能被截断；按实有的 {sound.read_s:.1f} 秒审计"
    return None
