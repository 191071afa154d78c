"""What a machine says is neither party's: found by its words, and only where no conversation can be."""

import numpy as np
import pytest

from callaudit.pipeline import hear, judge_call
from callaudit.records import Audio, CallMetadata, Recording, Voice, Word
from callaudit.reports.json import audit_document
from callaudit.spans import Span
from callaudit.speakers import Said, part_announcements
from callaudit.testing.sounds import at_level, silence, telephone_band, voice
from callaudit.transcribe import RecordedTranscriber
from tests.books import built_in

MENU = "欢迎致电星河银行人工服务请按零"
GREETING = "您好有什么可以帮您"
QUESTION = "我想查一下我的卡"


def spoken(text: str, span: Span) -> tuple[Word, ...]:
    step_s = span.duration_s / len(text)
    return tuple(
        Word(char, Span(span.start_s + k * step_s, span.start_s + (k + 1) * step_s), 0.9) for k, char in enumerate(text)
    )


def said(channel: int, *rows: tuple[str, Span]) -> Said:
    spans = tuple(span for _, span in rows)
    words = tuple(word for text, span in rows for word in spoken(text, span))
    return Said(Voice(channel, spans, 0.9, (0.9,) * len(spans)), words)


def heard(row: Said | None) -> str:
    return "".join(word.text for word in row.words) if row else ""


@pytest.mark.parametrize("customer_channel", [1, 0], ids=["two channels", "mono"])
def test_a_menu_before_the_agent_is_parted(customer_channel: int) -> None:
    agent = said(0, (MENU, Span(1, 6)), (GREETING, Span(8, 10)))
    customer = said(customer_channel, (QUESTION, Span(11, 13)))
    rest, machine = part_announcements((agent, customer), (), "zh")
    assert heard(machine) == MENU
    assert [heard(row) for row in rest] == [GREETING, QUESTION]
    assert len(rest[0].voice.sureness) == len(rest[0].voice.speech) == 1


def test_a_message_that_the_split_gave_to_both_voices_is_parted_whole() -> None:
    one = said(0, ("欢迎致电星河银行", Span(1, 3)), (GREETING, Span(8, 10)))
    other = said(0, ("人工服务请按零", Span(3.5, 6)), (QUESTION, Span(11, 13)))
    rest, machine = part_announcements((one, other), (), "zh")
    assert heard(machine) == MENU
    assert [heard(row) for row in rest] == [GREETING, QUESTION]


def test_what_an_agent_says_of_keys_in_the_conversation_stays_the_agents() -> None:
    agent = said(0, (GREETING, Span(1, 3)), ("满意请按一", Span(20, 22)))
    customer = said(1, (QUESTION, Span(4, 6)))
    assert part_announcements((agent, customer), (), "zh") == ((agent, customer), None)


def test_a_queue_message_counts_beside_music_only() -> None:
    agent = said(0, (GREETING, Span(1, 3)), ("坐席忙请继续等待", Span(20, 23)), (GREETING, Span(40, 42)))
    customer = said(1, (QUESTION, Span(4, 6)))
    assert part_announcements((agent, customer), (), "zh")[1] is None
    assert heard(part_announcements((agent, customer), (Span(10, 19), Span(24, 38)), "zh")[1]) == "坐席忙请继续等待"


def test_a_dialogue_is_no_message() -> None:
    rows = [("星河银行", Span(1, 2)), ("转技术部", Span(3, 4)), ("好的", Span(5, 6)), ("谢谢", Span(7, 8))]
    agent, customer = said(0, *rows[::2], ("正在为您转接", Span(9, 10))), said(0, *rows[1::2])
    assert part_announcements((agent, customer), (), "zh")[1] is None


def test_a_machine_alone_on_the_line_is_left_as_it_is() -> None:
    only = said(0, (MENU, Span(1, 6)))
    assert part_announcements((only,), (), "zh") == ((only,), None)


def test_a_call_with_a_menu_has_three_parties_and_two_roles() -> None:
    def sound(span: Span, seed: int, pitch_hz: float) -> np.ndarray:
        row = np.zeros(20 * 8000, np.float32)
        made = telephone_band(at_level(voice(span.duration_s, pitch_hz=pitch_hz, seed=seed), -24.0))
        row[round(span.start_s * 8000) : round(span.start_s * 8000) + len(made)] = made
        return row

    menu, greeting, question = Span(1, 6), Span(8, 11), Span(12, 16)
    left = sound(menu, 1, 210.0) + sound(greeting, 2, 190.0)
    audio = Audio(np.stack([left, sound(question, 3, 115.0)]) + silence(20)[None], 8000)
    words = {0: (*spoken(MENU, menu), *spoken(GREETING, greeting)), 1: spoken(QUESTION, question)}
    recording = Recording("0" * 64, "call.wav", 20.0, 8000, 2, "stereo", "pcm_s16le", CallMetadata(direction="inbound"))
    call = hear(recording, audio, RecordedTranscriber(words))
    turns = [(turn.speaker, turn.text) for turn in call.turns if turn.words]
    assert [speaker for speaker, _ in turns] == ["unknown", "agent", "customer"]
    assert {party.speaker: party.voice.channel for party in call.parties} == {"unknown": 0, "agent": 0, "customer": 1}
    assert call.timeline.of("speech", "unknown")
    recorded = audit_document(judge_call(call, built_in("etiquette-zh")))["recording"]
    assert isinstance(recorded, dict)
    assert recorded["roles"] == {"0": "agent", "1": "customer"}
