"""Voices heard in sound: a raised one is found, a louder line is not held against anybody."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from callaudit.pipeline import hear
from callaudit.records import Audio, CallMetadata, Finding, PastCall, Recording, Speaker, Word
from callaudit.rules import judge
from callaudit.rules.aids import Aids
from callaudit.rules.past import history_of
from callaudit.spans import Span
from callaudit.testing import sounds
from callaudit.testing.scripts import call_from_script, spread
from callaudit.transcribe import RecordedTranscriber
from tests.books import built_in

BOOK = built_in("etiquette-zh")
NOISE_DBOV = -62.0
LOUD_RULES = (
    "voice-moderate-volume",
    "voice-gentle-courteous",
    "self-control-no-private-emotion",
    "apology-in-apologetic-tone",
    "keep-own-volume-when-customer-faint",
    "raise-volume-slightly-when-unheard",
)
LINES: tuple[tuple[Speaker, float, float, str], ...] = (
    ("agent", 1.0, 5.0, "您好，请问有什么可以帮助您？"),
    ("customer", 6.0, 9.0, "我想查一下上个月的账单。"),
    ("agent", 10.0, 14.0, "好的，请您报一下您的卡号后四位。"),
    ("customer", 15.0, 17.0, "九九七三。"),
    ("agent", 18.0, 23.0, "您的账单一共是两千三百元，已经发到您的邮箱里了。"),
    ("customer", 24.0, 26.0, "我没有收到。"),
    ("agent", 27.0, 31.0, "请您再看一下您的垃圾邮件。"),
)
SHOUTED = 4
"""The line that may be shouted, or fall into a louder stretch of the line."""


def heard_findings(
    *, shout_db: float = 0.0, pitch: float = 1.0, line_db: float = 0.0, all_db: float = 0.0, noisy: bool = True
) -> dict[str, Finding]:
    """Findings of a call in which one line is shouted, or both lines are louder around it, or everywhere."""
    lasts_s = 36.0
    rows = [
        sounds.white_noise(lasts_s, level_dbov=NOISE_DBOV, seed=k) if noisy else sounds.silence(lasts_s) for k in (1, 2)
    ]
    words: dict[int, list[Word]] = {0: [], 1: []}
    for k, (who, start_s, end_s, text) in enumerate(LINES):
        shouted = k == SHOUTED
        sound = sounds.voice(
            end_s - start_s,
            level_dbov=-26.0 + (shout_db if shouted else 0.0),
            pitch_hz=(210.0 if who == "agent" else 120.0) * (pitch if shouted else 1.0),
            seed=k,
        )
        channel = 0 if who == "agent" else 1
        rows[channel] = sounds.mixed(rows[channel], sounds.placed(sound, start_s, lasts_s))
        words[channel] += spread(text, Span(start_s, end_s), 0.95)
    gain_db = np.full(round(lasts_s * sounds.RATE_HZ), all_db)
    gain_db[round(16.5 * sounds.RATE_HZ) : round(25.0 * sounds.RATE_HZ)] += line_db
    samples = (np.stack(rows) * 10 ** (gain_db / 20)).astype(np.float32)
    metadata = CallMetadata("inbound", roles=((0, "agent"), (1, "customer")))
    recording = Recording("0" * 64, "call.wav", lasts_s, sounds.RATE_HZ, 2, "stereo", "pcm", metadata)
    call = hear(recording, Audio(samples, sounds.RATE_HZ), RecordedTranscriber(words), language="zh")
    findings, failures = judge(call, BOOK)
    assert not failures
    return {finding.rule: finding for finding in findings}


@pytest.mark.parametrize("noisy", [True, False], ids=["noise in pauses", "silence in pauses"])
def test_a_raised_voice_is_found(noisy: bool) -> None:
    found = heard_findings(shout_db=10.0, pitch=1.4, noisy=noisy)
    assert found["voice-moderate-volume"].status == "violated"
    assert found["voice-moderate-volume"].value == pytest.approx(10, abs=1.5)
    assert found["self-control-no-private-emotion"].status == "violated"


@pytest.mark.parametrize(
    "louder",
    [
        {"line_db": 9.0},
        {"all_db": 6.0},
        {"all_db": -20.0},
        {"line_db": 9.0, "noisy": False},
        {"shout_db": 9.0, "noisy": False},
    ],
    ids=["line", "all", "all fainter", "line without noise", "one turn without noise, no higher"],
)
def test_a_louder_line_accuses_nobody(louder: dict[str, float]) -> None:
    found = heard_findings(**louder)  # type: ignore[arg-type]
    assert not [rule for rule in LOUD_RULES if found[rule].status == "violated"]


def past(n: int, **measured: float) -> PastCall:
    started = datetime(2026, 11, 1 + n, 10, tzinfo=timezone(timedelta(hours=8)))
    return PastCall(f"{n:064d}", f"{n}.wav", "inbound", started, 60.0, agent_id="8016", **measured)


def with_past(rule: str, turns: list[dict[str, object]], calls: list[PastCall]) -> Finding:
    call = call_from_script({"metadata": {"agent_id": "8016"}, "turns": turns})
    findings, _ = judge(call, BOOK, Aids(history=history_of(calls)))
    return next(finding for finding in findings if finding.rule == rule)


@pytest.mark.parametrize(
    ("usual", "n_calls", "status"),
    [(2.0, 3, "passed"), (2.0, 2, "violated"), (5.0, 3, "violated")],
    ids=["flat by nature", "too little known", "flatter than usual"],
)
def test_a_flat_voice_is_held_against_the_same_agents_other_calls(usual: float, n_calls: int, status: str) -> None:
    turns: list[dict[str, object]] = [{"agent": "您好，请问有什么可以帮助您？", "spread_st": 1.5}]
    calls = [past(n, f0_spread_st=usual) for n in range(n_calls)]
    assert with_past("voice-cheerful-smile", turns, calls).status == status


@pytest.mark.parametrize(("n_calls", "status"), [(0, "not_assessable"), (3, "passed")])
def test_too_few_turns_are_held_against_other_calls(n_calls: int, status: str) -> None:
    turns: list[dict[str, object]] = [
        {"agent": "非常抱歉给您添麻烦了，我马上帮您查。", "rate": 240},
        {"customer": "好。"},
    ]
    calls = [past(n, rate_cpm=250.0) for n in range(n_calls)]
    assert with_past("apology-in-apologetic-tone", turns, calls).status == status
