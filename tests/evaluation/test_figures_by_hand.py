"""Figures of little calls whose answers can be counted on paper."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callaudit.errors import LabelError
from callaudit.evaluation import Evaluation, Hypothesis, Truth, evaluate, find_labels, read_hypothesis, read_label

Label = Callable[..., Truth]


@pytest.fixture
def hypothesis(tmp_path: Path) -> Callable[..., Hypothesis]:
    def write(**document: Any) -> Hypothesis:
        path = tmp_path / "audit.json"
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        heard = read_hypothesis(path)
        assert heard is not None
        return heard

    return write


Audit = Callable[..., Hypothesis]


def one(truth: Truth, heard: Hypothesis) -> Evaluation:
    return evaluate([truth], {truth.id: heard})


def span(kind: str, start_s: float, end_s: float, speaker: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "start_s": start_s, "end_s": end_s, "speaker": speaker}


CHARS = [["您", 1.0, 1.2], ["好", 1.2, 1.4], ["再", 1.5, 1.7], ["见", 1.7, 2.0]]
TURNS = [
    {"role": "agent", "start": 1.0, "end": 2.0, "text": "您好，再见", "char_times": CHARS},
    {"role": "customer", "start": 3.0, "end": 4.0, "text": "行"},
]


def test_speech_is_counted_in_frames(label: Label, hypothesis: Audit) -> None:
    truth = label(duration=10.0, layout="stereo", turns=TURNS)
    spans = [span("speech", 1.5, 2.0, "agent"), span("speech", 3.0, 4.0, "agent")]
    found = one(truth, hypothesis(timeline={"spans": spans}))
    assert found.figure("speaker_time_f1_stereo").value == pytest.approx(2 * 50 / (200 + 150))
    assert found.figure("speech_f1_stereo").value == pytest.approx(2 * 150 / (200 + 150))
    assert found.figure("speaker_time_f1_mono").value is None


def test_a_detector_that_names_nobody_is_not_blamed_for_it(label: Label, hypothesis: Audit) -> None:
    truth = label(duration=10.0, layout="mono", turns=TURNS)
    found = one(truth, hypothesis(timeline={"spans": [span("speech", 1.0, 2.0), span("speech", 3.0, 4.0)]}))
    assert found.figure("speech_f1_mono").value == 1.0
    assert found.figure("speaker_time_f1_mono").value is None


def test_words_are_counted_by_character_and_by_sound(label: Label, hypothesis: Audit) -> None:
    """您好再见 and 行 are heard as 您好在间 and 刑: three of five characters are wrong, and no syllable is."""
    words = [
        {"text": text, "start_s": start_s, "end_s": start_s + 0.1, "prob": 1}
        for text, start_s in (("您", 1.05), ("好，", 1.3), ("在", 1.5), ("间", 1.7))
    ]
    turns = [
        {"speaker": "agent", "start_s": 1, "end_s": 2, "text": "您好，在间", "words": words},
        {"speaker": "customer", "start_s": 3, "end_s": 4, "text": "刑", "words": []},
    ]
    found = one(label(duration=10.0, layout="stereo", turns=TURNS), hypothesis(turns=turns))
    assert found.figure("cer_stereo").value == pytest.approx(3 / 5)
    assert found.figure("syllable_error_stereo").value == 0.0
    assert found.figure("word_time_error_median").value == pytest.approx((0.05 + 0.1) / 2)
    assert found.figure("word_time_error_p90").value == pytest.approx(0.1)
    assert found.figure("word_time_error_median").n == 2


def test_a_transcript_of_nobody_is_compared_whole(label: Label, hypothesis: Audit) -> None:
    turns = [{"start_s": 3, "end_s": 4, "text": "行"}, {"start_s": 1, "end_s": 2, "text": "您好"}]
    found = one(label(duration=10.0, layout="stereo", turns=TURNS), hypothesis(turns=turns))
    assert found.figure("cer_stereo_any").value == pytest.approx(2 / 5)
    assert found.figure("cer_stereo").value is None


def test_turns_without_text_are_no_errors(label: Label, hypothesis: Audit) -> None:
    turns = [{key: turn[key] for key in ("role", "start", "end")} for turn in TURNS]
    found = one(label(duration=10.0, turns=turns), hypothesis(turns=[{"start_s": 1, "end_s": 2, "text": "您好"}]))
    assert found.figure("cer_mono").value is None
    assert found.figure("cer_mono_any").value is None


def test_silences_lie_between_what_sounds(label: Label, hypothesis: Audit) -> None:
    """Answer at 2 s, talk 5–8, hold 12–20, talk 25–27, hang-up at 31: silences 2–5, 8–12, 20–25, 27–31."""
    truth = label(
        duration=40.0,
        ring={"answer": 2.0},
        turns=[{"role": "agent", "start": 5, "end": 8}, {"role": "agent", "start": 25, "end": 27}],
        holds=[{"start": 12, "end": 20}],
        events=[{"start": 31, "end": 40}],
        hangup={"by": "customer", "at": 31.0},
    )
    spans = [span("silence", 2.0, 5.0), span("silence", 8.0, 12.0), span("silence", 20.5, 25.0), span("hold", 12, 19)]
    found = one(truth, hypothesis(timeline={"spans": [*spans, span("silence", 33, 38)], "ring": None, "hangup": {}}))
    silence = found.figure("silence_f1")
    assert (silence.n, silence.value) == (4, pytest.approx(2 * 3 / (4 + 3)))
    assert found.figure("silence_duration_error_median").value == 0.0
    assert found.figure("hold_f1").value == 1.0
    assert found.figure("hold_duration_error_median").value == pytest.approx(1.0)
    assert found.figure("ring_found").value == 0.0
    assert found.figure("hangup_unknown").value == 1.0


def test_a_wrong_side_is_told_from_an_unknown_one(label: Label, hypothesis: Audit) -> None:
    truths = [label(f"c{k}", hangup={"by": "agent", "at": 3.0}) for k in range(4)]
    said = ["agent", "customer", "unknown", None]
    audits = {t.id: hypothesis(timeline={"hangup": {"by": by}}) for t, by in zip(truths, said, strict=True)}
    found = evaluate(truths, audits)
    names = ("hangup_right", "hangup_wrong", "hangup_unknown")
    assert [found.figure(name).value for name in names] == [0.25, 0.25, 0.5]


def test_what_an_audit_does_not_have_is_not_counted(label: Label, hypothesis: Audit) -> None:
    truth = label(
        duration=10.0, layout="stereo", ring={"answer": 0.5}, turns=TURNS, holds=[], passes=["a"],
        hangup={"by": "agent", "at": 9.0},
    )  # fmt: skip
    found = one(truth, hypothesis(recording={"duration_s": 10.0}))
    assert [figure.name for figure in found.figures if figure.value is not None] == []
    assert found.rules == ()
    assert found.overall.counts.n_passes == 0


def test_an_empty_part_is_one_in_which_nothing_was_found(label: Label, hypothesis: Audit) -> None:
    truth = label(duration=10.0, layout="stereo", turns=TURNS, holds=[], passes=["a"])
    found = one(truth, hypothesis(timeline={"spans": []}, turns=[], findings=[]))
    assert found.figure("speaker_time_f1_stereo").value == 0.0
    assert found.figure("cer_stereo").value == 1.0
    assert found.overall.counts.n_passes == 1
    assert found.overall.counts.n_passes_right == 0


def finding(rule: str, status: str, confidence: float = 0.9) -> dict[str, Any]:
    return {"rule": rule, "status": status, "confidence": confidence}


def test_rules_are_crossed_where_both_gave_a_verdict(label: Label, hypothesis: Audit) -> None:
    truth = label(violations=["hit", "missed", "left-open"], passes=["kept", "accused"], not_applicable=["silent"])
    said = [
        finding("hit", "violated"),
        finding("missed", "passed"),
        finding("left-open", "not_assessable"),
        finding("kept", "passed"),
        finding("accused", "violated"),
        finding("nobody-judged", "violated"),
    ]
    overall = one(truth, hypothesis(findings=said)).overall
    counts = overall.counts
    assert (counts.n_hit, counts.n_missed, counts.n_false, counts.n_abstained) == (1, 2, 1, 1)
    assert (counts.n_both, counts.n_label_only, counts.n_machine_only, counts.n_neither) == (1, 1, 1, 2)
    assert (counts.n_passes_right, counts.n_inapplicable_right) == (1, 1)
    assert overall.precision == 0.5
    assert overall.recall == pytest.approx(1 / 3)
    assert overall.kappa == pytest.approx((0.6 - 0.52) / 0.48)


def test_a_missing_audit_misses_violations_and_confirms_nothing(label: Label) -> None:
    truth = label(turns=TURNS, violations=["a"], passes=["b"], not_applicable=["c"])
    found = evaluate([truth], {})
    counts = found.overall.counts
    assert found.missing == ("call",)
    assert (counts.n_missed, counts.n_passes, counts.n_passes_right, counts.n_inapplicable_right) == (1, 1, 0, 1)
    assert found.overall.kappa is None
    assert all(figure.value is None for figure in found.figures)


def test_a_mistyped_rule_is_named(label: Label, hypothesis: Audit) -> None:
    truth = label(violations=["never-say-wie"], passes=["kept"], not_applicable=["of-outgoing-calls"])
    assert one(truth, hypothesis(findings=[finding("kept", "passed")])).unknown_rules == ("never-say-wie",)


def test_the_order_of_calls_does_not_matter(data: Path, measured: Evaluation) -> None:
    truths = [read_label(path) for path in reversed(find_labels(data / "labels"))]
    files = {truth.id: data / "audits" / f"{truth.id}.json" for truth in truths}
    audits = {name: heard for name, path in files.items() if path.is_file() and (heard := read_hypothesis(path))}
    assert evaluate(truths, audits) == measured


def test_a_recording_that_could_not_be_audited_has_no_audit(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"schema": "callaudit.failed/1", "path": "a.wav", "error": "…", "kind": "AudioError"}')
    assert read_hypothesis(path) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "wanted the document of one call"),
        ('{"timeline": {"spans": [\n{"kind": "hold", "end_s": 3}]}}', r":2: timeline\.spans\[0\]\.start_s: missing"),
        ('{"findings": [{"rule": "a", "status": "broken"}]}', r"findings\[0\]\.status"),
    ],
)
def test_a_broken_audit_is_named_by_line_and_field(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabelError, match=message):
        read_hypothesis(path)
