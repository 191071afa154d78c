"""Roles from evidence given by hand."""

import pytest

from callaudit.records import CallMetadata, Signal, Voice
from callaudit.spans import Span
from callaudit.speakers.roles import assign_roles

LEFT, RIGHT = Voice(0, (Span(6, 9), Span(15, 18)), 1.0), Voice(1, (Span(10, 14),), 1.0)


def ringback(channel: int) -> Signal:
    return Signal("ringback", Span(0, 5), channel, 0.95, "cn", (Span(0, 1), Span(4, 5)))


@pytest.mark.parametrize("channel", [0, 1])
@pytest.mark.parametrize(("direction", "called"), [("inbound", "agent"), ("outbound", "customer")])
def test_ring_back_lies_on_the_leg_of_the_called_party(channel: int, direction: str, called: str) -> None:
    parties = assign_roles((LEFT, RIGHT), (0, 0), [ringback(channel)], CallMetadata(direction=direction), answer_s=5.0)
    assert parties[channel].speaker == called
    assert {party.speaker for party in parties} == {"agent", "customer"}


@pytest.mark.parametrize("channel", [0, 1])
def test_hold_music_lies_on_the_agents_leg(channel: int) -> None:
    music = Signal("music", Span(20, 40), channel, 0.9)
    parties = assign_roles((LEFT, RIGHT), (0, 0), [music], CallMetadata(), answer_s=0.0)
    assert parties[channel].speaker == "agent"
    assert parties[channel].confidence > 0.9


def test_words_decide_and_disagreement_leaves_doubt() -> None:
    sure = assign_roles((LEFT, RIGHT), (-3, 3), [], CallMetadata(), answer_s=0.0)
    assert [party.speaker for party in sure] == ["customer", "agent"]
    torn = assign_roles((LEFT, RIGHT), (-1.5, 1.5), [ringback(0)], CallMetadata(direction="inbound"), answer_s=5.0)
    assert torn[0].confidence < 0.75 < sure[0].confidence


def test_what_the_user_says_outranks_the_evidence() -> None:
    said = CallMetadata(roles=((1, "agent"),))
    parties = assign_roles((LEFT, RIGHT), (6, -6), [], said, answer_s=0.0)
    assert [(party.speaker, party.confidence) for party in parties] == [("customer", 1.0), ("agent", 1.0)]


def test_a_single_voice_that_does_not_tell_stays_unknown() -> None:
    assert assign_roles((LEFT,), (0.0,), [], CallMetadata(), answer_s=0.0)[0].speaker == "unknown"
    assert assign_roles((LEFT,), (3.0,), [], CallMetadata(), answer_s=0.0)[0].speaker == "agent"


def test_three_voices_are_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at most two"):
        assign_roles((LEFT, RIGHT, LEFT), (0, 0, 0), [], CallMetadata(), answer_s=0.0)
