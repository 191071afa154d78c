"""Protocols heard in sound: what the steps say was waited is what was laid into the recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from callaudit.pipeline import hear
from callaudit.records import Audio, CallMetadata, Finding, Recording, Speaker, Step, Word
from callaudit.rules import judge
from callaudit.spans import Span
from callaudit.testing import sounds
from callaudit.testing.scripts import spread
from callaudit.transcribe import RecordedTranscriber
from tests.books import built_in

BOOK = built_in("etiquette-zh")
CHANNELS: dict[Speaker, int] = {"agent": 0, "customer": 1}
PITCH_HZ = {"agent": 210.0, "customer": 120.0}
EDGE_S = 0.1
"""What the edges of speech may err by."""

ANSWER_S = 5.8
"""Two rings, the second cut off by the answer."""

Line = tuple[Speaker, float, float, str]


def phrase(duration_s: float, pitch_hz: float, seed: int) -> sounds.Samples:
    """A voice that sounds from its first sample to its last."""
    whole = sounds.voice(duration_s + 1.0, pitch_hz=pitch_hz, seed=seed)
    loud = np.flatnonzero(np.abs(whole) > 10 ** (-42 / 20))
    whole = whole[loud[0] :][: round(duration_s * sounds.RATE_HZ)]
    whole[-80:] = whole[loud[0] : loud[0] + 80]  # the voice goes on to the very end
    return whole


def recorded(
    lines: Sequence[Line], *, busy_s: float, music: Span | None = None, breath_s: float | None = None
) -> tuple[Recording, Audio, RecordedTranscriber]:
    """A call of two channels: ringing, the lines at their times, a busy tone on the agent's from `busy_s` on."""
    lasts_s = busy_s + 4.0
    rows = [sounds.white_noise(lasts_s, level_dbov=-65.0, seed=seed) for seed in (1, 2)]
    ring = sounds.cadence(sounds.plan_of("cn"), ANSWER_S)
    busy = sounds.cadence(sounds.plan_of("cn", "busy"), 4.0)
    rows[0] = sounds.mixed(rows[0], ring, sounds.placed(busy, busy_s, lasts_s))
    if music is not None:
        rows[0] = sounds.mixed(rows[0], sounds.placed(sounds.chords(music.duration_s), music.start_s, lasts_s))
    if breath_s is not None:  # 0.25 s of pink noise, as loud as breath at the microphone is
        breath = sounds.pink_noise(0.25, level_dbov=-45.0)
        rows[0] = sounds.mixed(rows[0], sounds.placed(breath, breath_s, lasts_s))
    words: dict[int, list[Word]] = {0: [], 1: []}
    for seed, (who, start_s, end_s, text) in enumerate(lines):
        sound = phrase(end_s - start_s, PITCH_HZ[who], seed)
        rows[CHANNELS[who]] = sounds.mixed(rows[CHANNELS[who]], sounds.placed(sound, start_s, lasts_s))
        words[CHANNELS[who]] += spread(text, Span(start_s, end_s), 0.95)
    metadata = CallMetadata("inbound", roles=((0, "agent"), (1, "customer")))
    recording = Recording("0" * 64, "call.wav", lasts_s, sounds.RATE_HZ, 2, "stereo", "pcm", metadata)
    return recording, Audio(np.stack(rows).astype(np.float32), sounds.RATE_HZ), RecordedTranscriber(words)


def found(rule: str, recording: Recording, audio: Audio, transcriber: RecordedTranscriber) -> Finding:
    findings, failures = judge(hear(recording, audio, transcriber, language="zh"), BOOK)
    assert not failures
    return next(finding for finding in findings if finding.rule == rule)


def test_the_silent_call_is_timed_step_by_step() -> None:
    lines: list[Line] = [
        ("agent", 6.5, 9.5, "您好，请问有什么可以帮助您？"),
        ("agent", 14.7, 17.2, "您好，请问有什么可以帮助您？"),
        ("agent", 22.0, 27.0, "对不起，您的电话没有声音，请您换一部电话再次打来，好吗？再见！"),
    ]
    finding = found("silent-call-protocol", *recorded(lines, busy_s=32.1, breath_s=12.0))

    assert finding.status == "passed"
    by_name = {step.name: step for step in finding.steps}
    assert list(by_name) == ["问候", "再次问候", "说明没有声音", "道别", "挂机"]
    for name, at_s, waited_s in (("再次问候", 14.7, 5.2), ("说明没有声音", 22.0, 4.8), ("挂机", 32.1, 5.1)):
        assert by_name[name].at_s == pytest.approx(at_s, abs=EDGE_S), name
        assert by_name[name].waited_s == pytest.approx(waited_s, abs=EDGE_S), name
        assert by_name[name].wanted_s == 5


@pytest.mark.parametrize(("busy_s", "status", "done"), [(31.3, "passed", True), (30.7, "violated", False)])
def test_the_last_wait_of_a_silent_call_decides_from_four_seconds_on(busy_s: float, status: str, done: bool) -> None:
    lines: list[Line] = [
        ("agent", 6.5, 9.5, "您好，请问有什么可以帮助您？"),
        ("agent", 14.7, 17.2, "您好，请问有什么可以帮助您？"),
        ("agent", 22.0, 27.0, "对不起，您的电话没有声音，请您换一部电话再次打来，好吗？再见！"),
    ]
    finding = found("silent-call-protocol", *recorded(lines, busy_s=busy_s))

    assert finding.status == status
    assert finding.steps[-1].done is done
    assert finding.steps[-1].waited_s == pytest.approx(busy_s - 27.0, abs=EDGE_S)


@pytest.mark.parametrize("silent", [False, True], ids=["music", "silent"])
def test_a_hold_is_timed_from_the_question_to_the_return(silent: bool) -> None:
    hold = Span(19.0, 39.0)
    lines: list[Line] = [
        ("agent", 6.5, 9.5, "您好，请问有什么可以帮助您？"),
        ("customer", 10.0, 13.0, "帮我查一下我的账单。"),
        ("agent", 13.5, 17.0, "我帮您查询，请您稍等片刻，不要挂机，好吗？"),
        ("customer", 17.8, 18.5, "好的。"),
        ("agent", 39.6, 43.0, "让您久等了，您本月应还两千元。"),
        ("customer", 43.5, 45.0, "好的，谢谢，再见。"),
        ("agent", 45.6, 47.5, "感谢您的来电，再见。"),
    ]
    call = recorded(lines, busy_s=52.8, music=None if silent else hold)
    finding = found("hold-ask-consent", *call)

    assert finding.status == "passed"
    wanted = [("征求客户同意", 13.5, None), ("客户答应", 17.8, 0.8)]
    begins_s, ends_s = (18.5, 39.6) if silent else (19.0, 39.0)  # a silent hold lasts from word to word
    wanted += [("开始等待", begins_s, None), ("等待结束", ends_s, ends_s - begins_s)]
    assert [step.name for step in finding.steps] == [name for name, _, _ in wanted]
    edge_s = EDGE_S if silent else 2 * EDGE_S  # notes die away
    for step, (name, at_s, waited_s) in zip(finding.steps, wanted, strict=True):
        assert step.at_s == pytest.approx(at_s, abs=edge_s), name
        assert step.waited_s == (None if waited_s is None else pytest.approx(waited_s, abs=edge_s)), name
    back: Step = found("hold-return-apology-or-thanks", *call).steps[-1]
    assert back.done
    assert back.at_s == pytest.approx(39.6, abs=EDGE_S)
