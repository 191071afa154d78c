"""A call made up for the reports: every status, every kind of span, one finding of each severity."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from callaudit.records import (
    Audio,
    Audit,
    Call,
    CallMetadata,
    Deduction,
    Failed,
    Failure,
    Finding,
    Hangup,
    MadeBy,
    Measurement,
    Party,
    Place,
    Recording,
    Ring,
    Score,
    SectionScore,
    Source,
    Speaker,
    Step,
    Timeline,
    TimelineSpan,
    Track,
    Turn,
    Voice,
    Word,
)
from callaudit.reports import Waveform
from callaudit.spans import Span

LINES: tuple[tuple[Speaker, float, float, str], ...] = (
    ("agent", 16.0, 19.0, "您好，晨光书店，请问有什么可以帮您？"),
    ("customer", 19.6, 22.4, "我想查一下订单到哪儿了。"),
    ("agent", 22.1, 24.0, "你等着。"),
    ("agent", 56.0, 59.0, "已经发货了，明天能到。"),
    ("customer", 64.5, 66.0, "好，谢谢。"),
    ("agent", 66.4, 67.6, "再见。"),
)
PUNCTUATION = "，。？"


def make_turn(speaker: Speaker, start_s: float, end_s: float, text: str) -> Turn:
    """A turn whose characters are evenly spaced; every fourth is doubtful."""
    voiced = [char for char in text if char not in PUNCTUATION]
    step_s = (end_s - start_s) / len(voiced)
    words = tuple(
        Word(char, Span(start_s + i * step_s, start_s + (i + 1) * step_s), 0.42 if i % 4 == 3 else 0.96)
        for i, char in enumerate(voiced)
    )
    rate_cpm = 60 * len(voiced) / (end_s - start_s)
    pitch_hz = 214.0 if speaker == "agent" else 131.5
    return Turn(speaker, Span(start_s, end_s), words, text, 0.91, -22.14, rate_cpm, pitch_hz, 2.9)


def make_call() -> Call:
    turns = tuple(make_turn(*line) for line in LINES)
    speech = {who: tuple(turn.span for turn in turns if turn.speaker == who) for who in ("agent", "customer")}
    ring = Ring("tone", Span(0.0, 15.2), (Span(0, 1), Span(5, 6), Span(10, 11), Span(15, 15.2)), 4, 15.2, 0, "cn")
    spans = [
        TimelineSpan("ring", ring.span),
        *(TimelineSpan("speech", turn.span, turn.speaker, 0.97) for turn in turns),
        TimelineSpan("overlap", Span(22.1, 22.4)),
        TimelineSpan("hold", Span(24.5, 55.5), "customer", 0.9, "music"),
        TimelineSpan("silence", Span(59.0, 64.5)),
        TimelineSpan("noise", Span(60.0, 60.5), "agent", 0.6),
        TimelineSpan("tone", Span(68.2, 70.0), "customer"),
    ]
    recording = Recording(
        "3f" * 32,
        "calls/晨光-0001.wav",
        70.0,
        8000,
        2,
        "stereo",
        "pcm_mulaw",
        CallMetadata("inbound", datetime.fromisoformat("2026-11-20T10:00:00+08:00"), "晨光书店", agent_id="8016"),
        ("文件头所写长度比实际多 1.2 秒，按实际长度质检。",),
    )
    level = tuple(-22.0 - i % 5 if 16 <= i < 24 or 56 <= i < 59 else None for i in range(70))
    return Call(
        recording,
        Timeline(ring, tuple(spans), Hangup("customer", 68.2, "客户声道出现忙音", 0.9), 15.2, 70.0),
        (
            Party("agent", Voice(0, speech["agent"], 1.0), 0.97, "振铃与等待音乐在此声道；先问候"),
            Party("customer", Voice(1, speech["customer"], 1.0), 0.97, "另一声道"),
        ),
        (),
        turns,
        (
            Measurement("agent_talk_share", 0.6867, "ratio"),
            Measurement("agent_snr_db", 31.25, "dB"),
            Measurement("customer_pitch_spread", None, "st", "浊音不足 1 秒"),
        ),
        MadeBy("0.1.0", "whisper-base", "ab" * 32),
        (Track("level", "dBov", "agent", 0, 0.0, 1.0, level),),
    )


def make_findings() -> tuple[Finding, ...]:
    return (
        Finding(
            "say-please-wait",
            "violated",
            "major",
            "等待前先说“请稍等”",
            "请客户等待之前没有说“请稍等”。",
            (Source("s0-063", "就先对客户说：“请稍等”"),),
            0.88,
            places=(Place(Span(22.1, 24.0), "agent"),),
            quote="你等着。",
            matched="“你等着”与禁用语“等着”同音，相似 1.00",
            chapter="等待",
        ),
        Finding(
            "hold-at-most-30-s",
            "violated",
            "critical",
            "一次等待不超过 30 秒",
            "客户一次等待了 31 秒。",
            (Source("s0-208", "客户等待不宜过久"), Source("s2-r61", "每 30 秒回应一次")),
            0.9,
            value=31.0,
            limit=30.0,
            unit="s",
            places=(Place(Span(24.5, 55.5)), Place(Span(59.0, 64.5))),
            chapter="等待",
            steps=(
                Step("请客户等待", True, 22.1),
                Step("客户同意", None),
                Step("回到线上", True, 56.0, 31.0, 30.0, at_most=True),
                Step("致谢", False),
            ),
        ),
        Finding(
            "thank-for-call",
            "violated",
            "minor",
            "结束时致谢",
            "没有感谢来电。",
            (Source("s1-019", "感谢您的来电"),),
            0.7,
        ),
        Finding(
            "greet",
            "passed",
            "major",
            "开头问候",
            "有问候。",
            (),
            0.95,
            places=(Place(Span(16, 19), "agent"),),
            steps=(Step("问候", True, 16.0, 0.84, 2.0, at_most=True),),
        ),
        Finding("say-surname", "not_applicable", "minor", "称呼姓氏", "", (), 0.9, why="客户没有说姓氏"),
        Finding("lunch-break", "not_assessable", "minor", "午休不打扰", "", (), 0.0, why="不知道开始时间"),
    )


@pytest.fixture
def audit() -> Audit:
    findings = make_findings()
    sections = (
        SectionScore("开场", 10.0, 0.0, (), 1),
        SectionScore(
            "等待与转接",
            20.0,
            20.0,
            (
                Deduction("say-please-wait", "等待前先说“请稍等”", 2, 5.0, 15.0, 10.0, True),
                Deduction("hold-at-most-30-s", "一次等待不超过 30 秒", 1, 20.0, 20.0, 20.0, True),
            ),
            2,
        ),
        SectionScore("结束", 70.0, 8.5, (Deduction("thank-for-call", "结束时致谢", 4, 2.5, 8.5, 8.5, False),), 1),
    )
    score = Score(71.5, 69.0, 80.0, 4, 1, "review", sheet="通用评分表", sections=sections, n_suspected=1)
    made_by = MadeBy("0.1.0", "whisper-base", "ab" * 32, "etiquette-zh", "cd" * 32)
    return Audit(make_call(), findings, (), score, made_by)


@pytest.fixture
def clean(audit: Audit) -> Audit:
    """An outbound mono call without ring, start time, score or any words, with a crashed rule."""
    call = audit.call
    recording = replace(
        call.recording,
        id="77" * 32,
        path="calls/b.mp3",
        n_channels=1,
        layout="mono",
        metadata=CallMetadata("outbound"),
        warnings=(),
    )
    spans = tuple(s for s in call.timeline.spans if s.kind == "speech")
    timeline = Timeline(None, spans, Hangup("unknown", None, "录音没有录到挂机"), 0.0, 70.0)
    parties = tuple(replace(p, voice=replace(p.voice, channel=0, confidence=0.8), confidence=0.7) for p in call.parties)
    call = replace(call, recording=recording, timeline=timeline, parties=parties, turns=(), tracks=(), measurements=())
    score = Score(None, None, None, 0, 1, "review", "没有可评的规则")
    findings = tuple(f for f in audit.findings if f.status == "not_assessable")
    return replace(audit, call=call, findings=findings, score=score, failures=(Failure("greet", "KeyError: 'x'"),))


@pytest.fixture
def failed() -> Failed:
    return Failed("calls/坏.wav", "calls/坏.wav: 不是音频；请检查文件", "UnreadableAudio")


@pytest.fixture
def audio() -> Audio:
    """70 s of two channels: speech is a tone where somebody speaks."""
    samples = np.zeros((2, 70 * 8000), dtype=np.float32)
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(samples.shape[1]) / 8000)
    for who, start_s, end_s, _ in LINES:
        at = slice(int(start_s * 8000), int(end_s * 8000))
        samples[0 if who == "agent" else 1, at] = tone[at]
    return Audio(samples, 8000)


@pytest.fixture
def waveform(audio: Audio) -> tuple[Waveform, ...]:
    """Outline of each channel in steps of 0.02 s."""
    frames = audio.samples.reshape(2, -1, 160)
    peaks = np.stack([frames.min(axis=2), frames.max(axis=2)], axis=2)
    return Waveform(0, "agent", 0.02, peaks[0]), Waveform(1, "customer", 0.02, peaks[1])
