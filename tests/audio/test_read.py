"""Every format gives back the tone that was put in; every bad file gives one line that says what to do."""

from __future__ import annotations

import json
import os
import pickle
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from callaudit.audio import read_audio
from callaudit.errors import AudioError, UnreadableAudio, UnsupportedAudio

TONE_HZ, AMPLITUDE, LENGTH_S = 440.0, 0.25, 3.0
LEVEL_DB = 20 * np.log10(AMPLITUDE / np.sqrt(2))


def tone(rate_hz: int, *, length_s: float = LENGTH_S, tone_hz: float = TONE_HZ) -> NDArray[np.float32]:
    t = np.arange(round(rate_hz * length_s)) / rate_hz
    return (AMPLITUDE * np.sin(2 * np.pi * tone_hz * t)).astype(np.float32)


def level_db(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


def main_hz(samples: NDArray[np.float32], rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate_hz / len(samples))


def by_soundfile(container: str, subtype: str) -> Callable[[Path, NDArray[np.float32], int], None]:
    def write(path: Path, samples: NDArray[np.float32], rate_hz: int) -> None:
        soundfile.write(path, samples, rate_hz, format=container, subtype=subtype)

    return write


def by_ffmpeg(
    container: str, codec: str, bit_rate: int | None = None
) -> Callable[[Path, NDArray[np.float32], int], None]:
    def write(path: Path, samples: NDArray[np.float32], rate_hz: int) -> None:
        with av.open(str(path), "w", format=container) as out:
            track = out.add_stream(codec, rate=rate_hz, layout="mono")
            if bit_rate:
                track.bit_rate = bit_rate
            track.codec_context.open()
            size = track.codec_context.frame_size or 160
            frame = av.AudioFrame.from_ndarray(
                (samples * 32767).astype(np.int16).reshape(1, -1), format="s16", layout="mono"
            )
            frame.sample_rate = rate_hz
            fit = av.AudioResampler(format=track.codec_context.format, layout="mono", rate=rate_hz, frame_size=size)
            for piece in [*fit.resample(frame), *fit.resample(None)]:
                out.mux(track.encode(piece))
            out.mux(track.encode(None))

    return write


FORMATS = [
    ("call.wav", by_soundfile("WAV", "PCM_U8"), 8000, "pcm_u8", 8000),
    ("call.wav", by_soundfile("WAV", "PCM_16"), 8000, "pcm_s16le", 8000),
    ("call.wav", by_soundfile("WAV", "PCM_16"), 11025, "pcm_s16le", 8000),
    ("call.wav", by_soundfile("WAV", "PCM_16"), 16000, "pcm_s16le", 16000),
    ("call.wav", by_soundfile("WAV", "PCM_24"), 44100, "pcm_s24le", 16000),
    ("call.wav", by_soundfile("WAVEX", "PCM_32"), 48000, "pcm_s32le", 16000),
    ("call.wav", by_soundfile("WAV", "FLOAT"), 22050, "pcm_f32le", 16000),
    ("call.wav", by_soundfile("WAV", "DOUBLE"), 8000, "pcm_f64le", 8000),
    ("call.wav", by_soundfile("WAV", "ULAW"), 8000, "pcm_mulaw", 8000),
    ("call.wav", by_soundfile("WAV", "ALAW"), 8000, "pcm_alaw", 8000),
    ("call.wav", by_soundfile("WAV", "GSM610"), 8000, "gsm_ms", 8000),
    ("call.wav", by_soundfile("WAV", "IMA_ADPCM"), 8000, "adpcm_ima_wav", 8000),
    ("call.wav", by_soundfile("WAV", "MS_ADPCM"), 8000, "adpcm_ms", 8000),
    ("call.aiff", by_soundfile("AIFF", "PCM_16"), 16000, "pcm_s16be", 16000),
    ("call.au", by_soundfile("AU", "ULAW"), 8000, "pcm_mulaw", 8000),
    ("call.flac", by_soundfile("FLAC", "PCM_16"), 8000, "flac", 8000),
    ("call.ogg", by_soundfile("OGG", "VORBIS"), 16000, "vorbis", 16000),
    ("call.opus", by_soundfile("OGG", "OPUS"), 16000, "opus", 16000),
    ("call.opus", by_ffmpeg("ogg", "libopus"), 48000, "opus", 16000),
    ("call.mp3", by_soundfile("MP3", "MPEG_LAYER_III"), 8000, "mp3", 8000),
    ("call.mp3", by_soundfile("MP3", "MPEG_LAYER_III"), 44100, "mp3", 16000),
    ("call.gsm", by_soundfile("RAW", "GSM610"), 8000, "gsm", 8000),
    ("call.amr", by_ffmpeg("amr", "libopencore_amrnb", 12200), 8000, "amr_nb", 8000),
    ("call.3gp", by_ffmpeg("3gp", "libopencore_amrnb", 12200), 8000, "amr_nb", 8000),
    ("call.m4a", by_ffmpeg("mp4", "aac", 48000), 16000, "aac", 16000),
    ("call.aac", by_ffmpeg("adts", "aac", 48000), 16000, "aac", 16000),
    ("call.wma", by_ffmpeg("asf", "wmav2", 48000), 16000, "wmav2", 16000),
    ("call.g722", by_ffmpeg("g722", "g722"), 16000, "adpcm_g722", 16000),
    ("call.webm", by_ffmpeg("webm", "libopus"), 48000, "opus", 16000),
]


@pytest.mark.parametrize(
    ("name", "write", "rate_hz", "codec", "working_hz"), FORMATS, ids=[f"{f[0]}-{f[3]}-{f[2]}" for f in FORMATS]
)
def test_every_format_gives_back_the_tone(tmp_path, name, write, rate_hz, codec, working_hz):
    path = tmp_path / name
    write(path, tone(rate_hz), rate_hz)

    recording, audio = read_audio(path)

    assert recording.codec == codec
    assert recording.sample_rate_hz == rate_hz
    assert audio.sample_rate_hz == working_hz
    assert (recording.n_channels, recording.layout) == (1, "mono")
    assert recording.warnings == ()
    assert recording.duration_s == pytest.approx(LENGTH_S, abs=0.15)
    assert audio.duration_s == pytest.approx(recording.duration_s, abs=0.001)
    assert audio.samples.dtype == np.float32
    middle = audio.samples[0, audio.n_samples // 4 : -audio.n_samples // 4]
    assert main_hz(middle, working_hz) == pytest.approx(TONE_HZ, abs=2)
    assert level_db(middle) == pytest.approx(LEVEL_DB, abs=3 if codec == "amr_nb" else 0.6)


def test_g729_is_read_where_ffmpeg_decodes_it(tmp_path):
    path = tmp_path / "call.g729"
    path.write_bytes(np.random.default_rng(1).bytes(10 * 200))  # 200 frames of 10 ms

    recording, _ = read_audio(path)

    assert recording.codec == "g729"
    assert recording.duration_s == pytest.approx(2.0, abs=0.02)


def test_amr_wb_is_read(tmp_path):
    path = tmp_path / "call.amr"
    frame = b"\x04" + np.random.default_rng(1).bytes(17)  # 6.60 kbit/s, good quality (RFC 4867 clause 5.3)
    path.write_bytes(b"#!AMR-WB\n" + frame * 100)

    recording, audio = read_audio(path)

    assert (recording.codec, recording.sample_rate_hz, audio.sample_rate_hz) == ("amr_wb", 16000, 16000)
    assert recording.duration_s == pytest.approx(2.0, abs=0.03)


def test_integer_and_float_files_of_one_sound_are_equal(tmp_path):
    samples = np.round(tone(8000) * 32768) / 32768
    soundfile.write(tmp_path / "int.wav", samples, 8000, subtype="PCM_16")
    soundfile.write(tmp_path / "float.wav", samples, 8000, subtype="FLOAT")

    assert np.array_equal(read_audio(tmp_path / "int.wav")[1].samples, read_audio(tmp_path / "float.wav")[1].samples)


def test_channels_keep_their_place_through_resampling(tmp_path):
    left, right = tone(48000), tone(48000, tone_hz=1000)
    soundfile.write(tmp_path / "call.wav", np.stack([left, right], 1), 48000)

    recording, audio = read_audio(tmp_path / "call.wav")

    assert recording.layout == "stereo"
    assert [round(main_hz(channel, 16000)) for channel in audio.samples] == [440, 1000]
    # soxr leaves no delay in: the zero crossings stay where they were
    expected = tone(16000)
    assert np.abs(audio.samples[0, 1000:-1000] - expected[1000:-1000]).max() < 1e-3


def test_id_is_the_sha256_of_the_bytes(tmp_path):
    path = tmp_path / "call.wav"
    soundfile.write(path, tone(8000), 8000)
    import hashlib

    assert read_audio(path)[0].id == hashlib.sha256(path.read_bytes()).hexdigest()


# ── two channels ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("name", "noise"), [("same.wav", 0.0), ("nearly.wav", 0.0005)])
def test_identical_channels_are_dual_mono(tmp_path, name, noise):
    left = tone(8000)
    right = left + noise * np.random.default_rng(0).standard_normal(len(left)).astype(np.float32)
    soundfile.write(tmp_path / name, np.stack([left, right], 1), 8000)

    recording, audio = read_audio(tmp_path / name)

    assert (recording.layout, recording.n_channels, audio.n_channels) == ("dual-mono", 2, 1)
    assert any("声道内容相同" in warning for warning in recording.warnings)
    assert np.abs(audio.samples[0] - left).max() < 1e-4


def test_mp3_of_identical_channels_is_dual_mono(tmp_path):
    soundfile.write(tmp_path / "call.mp3", np.stack([tone(16000)] * 2, 1), 16000)

    assert read_audio(tmp_path / "call.mp3")[0].layout == "dual-mono"


@pytest.mark.parametrize(
    "right",
    [
        pytest.param(np.zeros(24000, np.float32), id="one dead channel"),
        pytest.param(-tone(8000), id="opposite polarity"),
        pytest.param(0.9 * tone(8000), id="another level"),
        pytest.param(np.roll(tone(8000), 4), id="a delay"),
    ],
)
def test_channels_that_differ_stay_stereo(tmp_path, right):
    soundfile.write(tmp_path / "call.wav", np.stack([tone(8000), right], 1), 8000)

    recording, audio = read_audio(tmp_path / "call.wav")

    assert (recording.layout, audio.n_channels, recording.warnings) == ("stereo", 2, ())


def test_a_short_quiet_remark_on_one_channel_keeps_them_apart(tmp_path):
    left = tone(8000, length_s=60)
    right = left.copy()
    left[8000 * 30 : 8000 * 40] = right[8000 * 30 : 8000 * 40] = 0
    right[8000 * 34 : 8000 * 36] = 0.01 * tone(8000, length_s=2) / AMPLITUDE  # 43 dB below the rest in sum
    soundfile.write(tmp_path / "call.wav", np.stack([left, right], 1), 8000)

    assert read_audio(tmp_path / "call.wav")[0].layout == "stereo"


# ── what is wrong and can be lived with ──────────────────────────────────────────────────────────────────────────
def test_digital_silence_reads_fine(tmp_path):
    soundfile.write(tmp_path / "call.wav", np.zeros((16000, 2)), 8000)

    recording, audio = read_audio(tmp_path / "call.wav")

    assert recording.duration_s == 2.0
    assert not audio.samples.any()


def test_nan_and_infinity_become_silence(tmp_path):
    samples = tone(8000)
    samples[100:110], samples[200] = np.nan, np.inf
    soundfile.write(tmp_path / "call.wav", samples, 8000, subtype="FLOAT")

    recording, audio = read_audio(tmp_path / "call.wav")

    assert np.isfinite(audio.samples).all()
    assert not audio.samples[0, 100:110].any()
    assert any("11 个采样值无效" in warning for warning in recording.warnings)


def test_values_beyond_full_scale_are_cut_and_said(tmp_path):
    soundfile.write(tmp_path / "call.wav", 8 * tone(8000), 8000, subtype="FLOAT")

    recording, audio = read_audio(tmp_path / "call.wav")

    assert np.abs(audio.samples).max() == 1.0
    assert any("超出满幅" in warning for warning in recording.warnings)


def test_a_large_offset_is_taken_out(tmp_path):
    soundfile.write(tmp_path / "call.wav", tone(8000) + 0.5, 8000)

    recording, audio = read_audio(tmp_path / "call.wav")

    assert abs(float(audio.samples.mean())) < 1e-4
    assert any("直流偏移（满幅的 50%）" in warning for warning in recording.warnings)


@pytest.mark.parametrize("size", [0, 0x7FFFFFF0, 0xFFFFFFF0, 0xFFFFFFFF])
def test_a_header_that_lies_about_the_length_is_read_for_what_is_there(tmp_path, size):
    path = tmp_path / "call.wav"
    soundfile.write(path, tone(8000), 8000)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"data")
    raw[at + 4 : at + 8] = struct.pack("<I", size)
    path.write_bytes(raw)

    recording, audio = read_audio(path)

    assert recording.duration_s == LENGTH_S
    assert audio.samples.nbytes == 24000 * 4
    assert any(warning.startswith("文件头") for warning in recording.warnings)


@pytest.mark.parametrize("name", ["call.wav", "call.flac", "call.mp3", "call.ogg", "call.wma"])
def test_a_truncated_file_is_audited_for_what_is_there(tmp_path, name):
    path = tmp_path / name
    rate_hz = 16000
    noisy = tone(rate_hz, length_s=20) * np.random.default_rng(3).random(20 * rate_hz).astype(np.float32)
    if name == "call.wma":
        by_ffmpeg("asf", "wmav2", 48000)(path, noisy, rate_hz)
    else:
        soundfile.write(path, noisy, rate_hz)
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) * 6 // 10])

    recording, audio = read_audio(path)

    assert 6 < recording.duration_s < 14
    assert audio.duration_s == pytest.approx(recording.duration_s, abs=0.01)
    assert any("截断" in warning for warning in recording.warnings), recording.warnings


def test_a_broken_frame_costs_itself_and_moves_nothing(tmp_path):
    path = tmp_path / "call.flac"
    samples = tone(8000, length_s=10) * np.linspace(0.2, 1, 80000, dtype=np.float32)
    soundfile.write(path, samples, 8000)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 50] = bytes(50)
    path.write_bytes(raw)

    recording, audio = read_audio(path)

    assert recording.duration_s == pytest.approx(10, abs=0.01)
    assert any("以静音代替" in warning for warning in recording.warnings)
    assert np.abs(audio.samples[0, -16000:] - samples[-16000:]).max() < 1e-3


# ── what is wrong and cannot ─────────────────────────────────────────────────────────────────────────────────────
def write_wav(path: Path, n_channels: int, rate_hz: int, n_frames: int) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(n_channels)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(np.random.default_rng(0).bytes(2 * n_channels * n_frames))


def cut(path: Path, n_bytes: int) -> None:
    soundfile.write(path, tone(8000), 8000)
    path.write_bytes(path.read_bytes()[:n_bytes])


BAD = [
    ("missing.wav", lambda path: None, UnreadableAudio, r"no such file; check"),
    ("folder.wav", lambda path: path.mkdir(), UnreadableAudio, r"got a directory; name the files"),
    ("pipe.wav", lambda path: os.mkfifo(path), UnreadableAudio, r"got a pipe or device"),
    ("empty.wav", lambda path: path.touch(), UnreadableAudio, r"empty \(0 bytes\)"),
    (
        "text.wav",
        lambda path: path.write_text("您好\n" * 999),
        UnreadableAudio,
        r"not audio that can be decoded; wanted",
    ),
    ("noise.mp3", lambda path: path.write_bytes(np.random.default_rng(0).bytes(9999)), UnreadableAudio, r"not audio"),
    ("zip.mp3", lambda path: path.write_bytes(b"PK\x03\x04" + bytes(60000)), UnreadableAudio, r"not audio"),
    ("png.wav", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(999)), UnreadableAudio, r"not audio"),
    ("list.m4a", lambda path: path.write_text("#EXTM3U\n#EXTINF:9,\n/etc/hostname\n"), UnreadableAudio, r"not audio"),
    ("none.wav", lambda path: write_wav(path, 1, 8000, 0), UnreadableAudio, r"no samples"),
    ("header.wav", lambda path: cut(path, 20), UnreadableAudio, r"not audio that can be decoded"),
    ("six.wav", lambda path: write_wav(path, 6, 16000, 8000), UnsupportedAudio, r"6 channels, wanted 1 .* or 2"),
    ("fast.wav", lambda path: write_wav(path, 1, 192000, 999), UnsupportedAudio, r"192000 Hz, wanted 8000 to 48000 Hz"),
    ("slow.wav", lambda path: write_wav(path, 1, 4000, 999), UnsupportedAudio, r"4000 Hz, wanted 8000 to 48000 Hz"),
]


@pytest.mark.parametrize(("name", "make", "error", "message"), BAD, ids=[bad[0] for bad in BAD])
def test_a_bad_file_gives_one_line_that_says_what_to_do(tmp_path, capfd, name, make, error, message):
    make(tmp_path / name)

    with pytest.raises(error, match=message) as caught:
        read_audio(tmp_path / name)

    said = str(caught.value)
    assert name in said
    assert "\n" not in said
    assert str(pickle.loads(pickle.dumps(caught.value))) == said
    assert capfd.readouterr() == ("", ""), "decoders must not write to the terminal"


def test_a_flac_cut_within_its_first_second_is_unreadable(tmp_path):
    path = tmp_path / "call.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 24000), 8000)
    path.write_bytes(path.read_bytes()[:9500])

    with pytest.raises(UnreadableAudio, match=r"breaks off after 0\.\d\d s, wanted at least 1 s"):
        read_audio(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_unreadable(tmp_path):
    path = tmp_path / "call.wav"
    soundfile.write(path, tone(8000), 8000)
    path.chmod(0)

    with pytest.raises(UnreadableAudio, match="no permission"):
        read_audio(path)


def test_null_in_the_path_is_an_audio_error():
    with pytest.raises(AudioError, match="cannot be opened"):
        read_audio("a\0b.wav")


@pytest.mark.parametrize("name", [b"call-\xff\xfe.flac", b"two\nlines.flac", b"\xba\xc5.mp3", "通话 01.flac".encode()])
def test_hostile_names_are_opened_and_shown(tmp_path, name):
    path = os.fsencode(tmp_path) + b"/" + name
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    except OSError as error:
        pytest.skip(f"this file system refuses the name: {error}")
    soundfile.write(path, tone(8000), 8000, format="FLAC" if name.endswith(b"flac") else "MP3")

    recording, _ = read_audio(os.fsdecode(path))

    assert recording.duration_s == pytest.approx(LENGTH_S, abs=0.1)
    json.dumps(recording.path).encode("utf-8")
    recording.path.encode("utf-8")
    assert "\n" not in recording.path
    if name == "通话 01.flac".encode():
        assert recording.path == os.fsdecode(path)


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("rate_hz", "same"), [(44100, False), (8000, True)])
def test_a_long_call_is_held_once(tmp_path, rate_hz, same):
    """Peak memory above what is returned is a few blocks, not further copies; measured on ten minutes of stereo."""
    import tracemalloc

    path, length_s = tmp_path / "call.wav", 600
    with soundfile.SoundFile(path, "w", rate_hz, 2, subtype="PCM_16") as out:
        second = np.stack([tone(rate_hz, length_s=1), tone(rate_hz, length_s=1, tone_hz=TONE_HZ if same else 700)], 1)
        for _ in range(length_s):
            out.write(second)
    read_audio(path)  # imports and caches are not the call's

    tracemalloc.start()
    try:
        recording, audio = read_audio(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert recording.duration_s == length_s
    once = 2 * length_s * audio.sample_rate_hz * 4
    assert peak < 1.15 * once + 2_000_000
    assert audio.samples.base is None if same else True
