"""Call scripts and labels become calls with the times they say."""

from __future__ import annotations

import pytest

from callaudit.records import Call
from callaudit.testing.labels import call_from_label
from callaudit.testing.scripts import call_from_script


def spans(call: Call, kind: str) -> list[tuple[float, float]]:
    return [(round(s.span.start_s, 3), round(s.span.end_s, 3)) for s in call.timeline.spans if s.kind == kind]


def test_turns_follow_each_other() -> None:
    call = call_from_script(
        {"ring": None, "turns": [{"agent": "您好。", "seconds": 1.0}, {"customer": "你好。", "seconds": 2.0}]}
    )
    assert [(turn.span.start_s, turn.span.end_s) for turn in call.turns] == [(0.5, 1.5), (2.0, 4.0)]
    assert [word.text for word in call.turns[0].words] == ["您", "好。"]
    assert call.turns[0].rate_cpm == 120.0


def test_ringing_ends_with_the_answer_that_cuts_it_off() -> None:
    ring = call_from_script({"ring": 3, "turns": [{"agent": "您好。"}]}).timeline.ring
    assert ring is not None
    assert (ring.count, ring.answer_s) == (3, 10.8)


def test_music_in_place_of_the_tone_has_no_count() -> None:
    ring = call_from_script({"ring": {"music_s": 12, "gap_s": 1}, "turns": []}).timeline.ring
    assert ring is not None
    assert (ring.kind, ring.count, ring.answer_s) == ("music", None, 13.0)


def test_holds_silences_noise_and_overlaps_are_in_the_timeline() -> None:
    call = call_from_script(
        {
            "ring": None,
            "turns": [
                {"agent": "请稍等", "seconds": 1.0},
                {"hold": 10, "kind": "silent"},
                {"agent": "久等了", "seconds": 1.0},
                {"silence": 6},
                {"customer": "嗯我说", "seconds": 2.0},
                {"agent": "您讲", "seconds": 1.0, "overlap_s": 0.5},
                {"noise": 3},
            ],
            "hangup": {"by": "agent", "after_s": 4},
        }
    )
    assert spans(call, "hold") == [(1.5, 11.5)]
    assert spans(call, "silence") == [(13.0, 19.0), (24.5, 28.5)]
    assert spans(call, "overlap") == [(20.5, 21.0)]
    assert spans(call, "noise") == [(21.5, 24.5)]
    assert (call.timeline.hangup.by, call.timeline.hangup.at_s) == ("agent", 28.5)


def test_metadata_is_only_what_the_script_says() -> None:
    call = call_from_script({"metadata": {"company": "星河银行", "floor": 3}, "started_at": None, "turns": []})
    assert call.metadata.company == "星河银行"
    assert call.metadata.started_at is None
    assert call.metadata.extra == (("floor", "3"),)
    assert call.metadata.agent_id is None


@pytest.mark.parametrize(
    "script",
    [
        {"turn": []},
        [{"agent": "好", "speed": 2}],
        [{"agnet": "好"}],
        {"turns": [], "hangup": "nobody"},
        {"ring": {"rings": 2}},
    ],
)
def test_a_key_that_scripts_do_not_have_is_refused(script: object) -> None:
    with pytest.raises(ValueError, match=r"call script|hangup"):
        call_from_script(script)  # type: ignore[arg-type]  # that is what is tested


def test_a_label_becomes_the_call_it_describes() -> None:
    turn = {
        "role": "agent",
        "start": 3.0,
        "end": 4.0,
        "text": "“您好”，请讲。",
        "chars_per_min": 240.0,
        "level_dbov": -22,
    }
    truth = {
        "id": "x",
        "direction": "inbound",
        "start_time": "2026-11-10T10:00:00+08:00",
        "layout": "stereo",
        "codec": "ulaw",
        "metadata": {"company": "星河银行", "agent_name": "陈静"},
        "duration": 9.0,
        "ring": {"kind": "tone", "count": 1, "rings": [{"start": 0.0, "end": 1.0}], "start": 0.0, "answer": 2.0},
        "turns": [{**turn, "char_times": [["您", 3.0, 3.2], ["好", 3.2, 3.4], ["请", 3.5, 3.7], ["讲", 3.7, 4.0]]}],
        "holds": [],
        "events": [],
        "hangup": {"by": "agent", "at": 8.0},
    }
    call = call_from_label(truth)
    assert [word.text for word in call.turns[0].words] == ["您", "好”，", "请", "讲。"]
    assert (call.timeline.answer_s, call.timeline.hangup.by, call.metadata.agent_name) == (2.0, "agent", "陈静")
    assert spans(call, "silence") == [(2.0, 3.0), (4.0, 8.0)]
    mono = call_from_label({**truth, "layout": "mono"})
    assert mono.timeline.hangup.by == "unknown"
