"""The words of a label in place of a recogniser's."""

from __future__ import annotations

import numpy as np
import pytest

from callaudit.evaluation.told import ToldTranscriber, words_of
from callaudit.evaluation.truth import Truth, TruthTurn
from callaudit.records import Audio
from callaudit.spans import Span

SILENT = Audio(np.zeros((2, 80000), dtype=np.float32), 8000)
GREETING = TruthTurn("agent", Span(1.0, 3.0), "您好，请讲。")
REPLY = TruthTurn("customer", Span(3.5, 4.5), "喂")


def truth_of(*turns: TruthTurn) -> Truth:
    return Truth("x", None, None, None, False, None, turns, None, (), None, None, None, ())


def test_each_voice_says_the_turns_that_lie_in_its_speech() -> None:
    speech = {0: (Span(3.4, 4.6),), 1: (Span(0.9, 3.1), Span(3.5, 3.6))}
    told = ToldTranscriber(truth_of(GREETING, REPLY)).transcribe(SILENT, speech)
    assert "".join(word.text for word in told.words[1]) == "您好，请讲。"
    assert "".join(word.text for word in told.words[0]) == "喂"


def test_a_turn_nobody_was_heard_in_is_lost() -> None:
    told = ToldTranscriber(truth_of(GREETING, REPLY)).transcribe(SILENT, {0: (Span(0.5, 3.2),)})
    assert "".join(word.text for word in told.words[0]) == "您好，请讲。"
    assert ToldTranscriber(truth_of(GREETING)).transcribe(SILENT, {0: (Span(7.0, 8.0),)}).words[0] == ()


def test_characters_without_times_share_the_turn() -> None:
    words = words_of(GREETING)
    assert [word.text for word in words] == ["您", "好，", "请", "讲。"]
    assert [word.span.start_s for word in words] == pytest.approx([1.0, 1.5, 2.0, 2.5])
    assert words_of(TruthTurn("agent", Span(0, 1), None)) == ()
