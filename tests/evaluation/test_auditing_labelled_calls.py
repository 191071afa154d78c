"""Labelled calls are found, heard and judged here and now; one that cannot be stops no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callaudit.config import Config
from callaudit.errors import ConfigError, UnreadableAudio
from callaudit.evaluation import Truth, evaluate
from callaudit.evaluation.hearing import audit_labelled, degraded, find_sound, sound_folders
from callaudit.pipeline import Auditor
from callaudit.records import Audio
from callaudit.testing.degrade import CONDITIONS
from callaudit.transcribe import RecordedTranscriber
from tests.books import built_in

Label = Callable[..., Truth]


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    folder.mkdir()
    noise = 0.05 * np.random.default_rng(0).standard_normal((24000, 2))
    soundfile.write(folder / "call.wav", noise, 8000)
    return folder


def auditor() -> Auditor:
    return Auditor(Config(), RecordedTranscriber({}), built_in("etiquette-zh"))


def test_sound_lies_beside_or_in_the_next_folder_or_where_it_is_said_to_lie(tmp_path: Path) -> None:
    labels, audio = tmp_path / "labels", tmp_path / "audio"
    labels.mkdir()
    assert sound_folders(labels, None) == (labels,)
    audio.mkdir()
    assert [folder.resolve() for folder in sound_folders(labels, None)] == [labels, audio]
    assert sound_folders(labels, tmp_path) == (tmp_path,)


def test_the_recording_is_the_one_named_else_the_one_named_like_the_call(sounds: Path, label: Label) -> None:
    assert find_sound(label("x", audio="call.wav"), [sounds]) == sounds / "call.wav"
    (sounds / "call.meta.json").write_text("{}")
    assert find_sound(label("call"), [sounds]) == sounds / "call.wav"
    with pytest.raises(UnreadableAudio, match=r"no recording 'other.wav' in .*; name its folder with --audio"):
        find_sound(label("x", audio="other.wav"), [sounds])
    with pytest.raises(UnreadableAudio, match=r"no recording named x\.\*"):
        find_sound(label("x"), [sounds])
    (sounds / "call.mp3").write_bytes(b"")
    with pytest.raises(UnreadableAudio, match=r"call\.mp3, call\.wav could all be"):
        find_sound(label("call"), [sounds])


def test_a_call_that_cannot_be_heard_stops_no_other(sounds: Path, label: Label) -> None:
    (sounds / "bad.wav").write_bytes(b"RIFF")
    truths = [label("bad"), label("absent"), label("call", ring=None, passes=["never-say-wei"])]
    heard = list(audit_labelled(truths, [sounds], auditor()))
    assert [one.audit is None for one in heard] == [True, True, False]
    assert all(one.error for one in heard[:2])
    assert heard[2].timing is not None
    assert heard[2].timing.duration_s == 3.0
    found = evaluate(truths, {one.truth.id: one.audit for one in heard if one.audit is not None})
    assert found.missing == ("absent", "bad")
    assert found.figure("ring_invented").value == 0.0


def test_the_treatment_is_heard_and_the_file_left_as_it_is(sounds: Path, label: Label) -> None:
    before = (sounds / "call.wav").read_bytes()
    seen: list[tuple[str, float]] = []

    def silence(truth: Truth, audio: Audio) -> Audio:
        seen.append((truth.id, float(np.abs(audio.samples).max())))
        return Audio(np.zeros_like(audio.samples), audio.sample_rate_hz)

    (heard,) = audit_labelled([label("call")], [sounds], auditor(), treatment=silence)
    assert seen[0][0] == "call"
    assert seen[0][1] > 0.1
    assert heard.audit is not None
    assert heard.audit.call.timeline.of("speech") == ()
    assert (sounds / "call.wav").read_bytes() == before


def test_every_condition_can_be_named_and_no_other() -> None:
    assert {"clean", "snr10", "gsm"} <= CONDITIONS.keys()
    for name in CONDITIONS:
        assert callable(degraded(name))
    with pytest.raises(ConfigError, match="no such condition; wanted one of clean, "):
        degraded("underwater")


def test_noise_is_the_same_for_a_call_and_another_for_another(label: Label) -> None:
    treat = degraded("snr10")
    tone = Audio((0.2 * np.sin(np.arange(16000) / 3)).astype(np.float32)[None], 8000)
    turns = [{"role": "agent", "start": 0, "end": 2}]
    one, again, other = (treat(label(name, turns=turns), tone).samples for name in ("a", "a", "b"))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert one.shape == tone.samples.shape


def test_levels_are_set_by_the_speech_that_the_label_tells(label: Label) -> None:
    turns = [{"role": "agent", "start": 0, "end": 2}, {"role": "customer", "start": 3, "end": 4}]
    truth = label("a", turns=turns, channels=["customer", "agent"])
    by_channel = truth.speech_by_channel(2)
    assert by_channel is not None
    assert [[(s.start_s, s.end_s) for s in by_channel[k]] for k in (0, 1)] == [[(3.0, 4.0)], [(0.0, 2.0)]]
    assert len((truth.speech_by_channel(1) or {})[0]) == 2
    assert label("b", turns=turns).speech_by_channel(2) is None
    assert label("c").speech_by_channel(1) is None
