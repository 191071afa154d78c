"""The rulebook is held against the catalogue of what the documents ask for: entries, severities, sources, numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib.resources import files
from typing import Any

import pytest
import yaml

from callaudit.rules.base import Limit
from tests.books import built_in

BOOK = built_in("etiquette-zh")
CATALOGUE: dict[str, Any] = {
    entry["id"]: entry
    for entry in yaml.safe_load(
        (files("callaudit.rulebooks") / "etiquette-zh" / "catalogue.yaml").read_text(encoding="utf-8")
    )["requirements"]
}
RULES = [pytest.param(rule, id=rule.id) for rule in BOOK.rules]

OTHER_ANCHORS = {
    "reply-to-customer-greeting": {"s0-165"},
    "no-arguing": {"s1-027"},
    "never-say-dont-know": {"s0-110"},
    "no-refusal-for-lack-of-time": {"s2-r60"},
}
"""Sentences that a rule rests on besides those of its entry: they forbid or approve the same words elsewhere."""

OTHER_DIRECTION = {
    "disturbance-apology": "a misdialled call is the only disturbance that a recording shows",
    "callback-as-soon-as-possible": "judged in the call that ends with the promise, whoever placed it",
    "complaint-reply-kept-in-time": "judged in the call that holds the complaint",
    "supervisor-contacts-complainant-at-once": "judged in the call that holds the complaint",
    "complaint-followup-satisfaction": "judged in the call that holds the complaint",
    "regular-return-visits": "judged over the calls with one customer",
    "voicemail-quick-response": "judged in the call that holds the message",
}

SAID_OTHERWISE: dict[tuple[str, str], str] = {
    ("late-answer-apology-after-five-rings", "min_rings"): "five or more is more than four",
    ("late-answer-apology-after-five-rings", "min_answer_delay_s"): "15 s, less 0.1 s for the borders of the ring",
    ("outbound-calling-hours", "earliest"): "a time of day",
    ("outbound-calling-hours", "latest"): "a time of day",
    ("outbound-avoid-lunch-and-meals", "lunch"): "a time of day",
    ("outbound-avoid-lunch-and-meals", "dinner"): "a time of day",
    ("outbound-avoid-peak-slots", "first_work_hours"): "a time of day",
    ("outbound-avoid-peak-slots", "workday_start"): "a time of day, of the settings",
    ("slow-down-and-warn-for-dictation", "max_rate_sps"): "4 syllables/s are 240 characters/min",
    ("match-customer-pace-and-style", "max_ratio"): "a ratio of 1.33 is 0.33 more",
    ("silent-call-protocol", "prompts"): "two steps of the protocol",
    ("complaint-promise-reply-time", "simple_h"): "hours named by phrases; simple complaints cannot be told apart",
    ("complaint-followup-satisfaction", "max_days"): "7 days are 168 hours",
    ("reconnect-after-drop", "max_redial_s"): "120 s are a thirtieth of an hour",
}
"""Numbers of the catalogue that the rule holds in another form."""

LEFT_OUT: dict[tuple[str, str], str] = {
    ("voice-cheerful-smile", "min_pitch_range_semitones"): "measured narrower on the telephone band",
    ("raise-volume-slightly-when-unheard", "max_rise_db"): "from 6 to 9 dB the catalogue calls it no violation yet",
    ("polite-phrase-lexicon", "min_distinct_words"): "three pass, and only none or one is flagged",
    ("hold-press-hold-key", "max_floor_dbfs"): "speech in the hold is heard, the floor is not measured",
    ("let-customer-speak-freely", "natural_pause_s"): "an overlap is judged, not where the customer might have paused",
    ("no-arguing", "max_gap_s"): "quick alternation takes understanding",
    ("no-arguing", "min_span_s"): "quick alternation takes understanding",
    ("patience-repeat-explanations", "max_rate_rise"): "the words are judged",
    ("abusive-customer", "max_level_rise_db"): "left to the voice rules",
    ("complaint-reply-kept-in-time", "simple_h"): "which complaints are simple is not known; 24 h is held against all",
}
"""Numbers that no rule uses, and why."""


def numbers(value: Any) -> Iterator[tuple[float, str]]:
    """Every number of a rule's options with where it comes from; bare ones are proposed."""
    if isinstance(value, Limit):
        yield value.value, value.origin
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value), "proposed"
    elif isinstance(value, tuple | list):
        for item in value:
            yield from numbers(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for own in fields(value):
            yield from numbers(getattr(value, own.name))


def held(rule: Any, threshold: dict[str, Any]) -> bool:
    """Whether the rule holds the number, from the same kind of source."""
    wanted = threshold["value"]
    own = numbers((rule.checks, rule.when, rule.unless, rule.excuse, rule.raised))
    return isinstance(wanted, int | float) and any(
        abs(n) == wanted and origin == threshold["from"] for n, origin in own
    )


def test_the_catalogue_is_whole() -> None:
    assert len(CATALOGUE) == 253
    assert {entry["auditable"] for entry in CATALOGUE.values()} == {"full", "partial", "no"}
    assert all(entry.get("auditable_why") for entry in CATALOGUE.values() if entry["auditable"] == "no")


def test_every_requirement_that_a_recording_can_answer_is_a_rule() -> None:
    ids = {rule.id for rule in BOOK.rules}
    assert ids <= set(CATALOGUE)
    assert not [rule_id for rule_id, entry in CATALOGUE.items() if entry["auditable"] != "no" and rule_id not in ids]


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_what_the_catalogue_asks_for(rule: Any) -> None:
    entry = CATALOGUE[rule.id]
    assert rule.severity == entry["severity"]
    assert rule.applies_to == entry["applies_to"] or rule.id in OTHER_DIRECTION
    anchors = {source.anchor for source in rule.sources}
    assert anchors <= {*entry["sources"], *OTHER_ANCHORS.get(rule.id, ())}


THRESHOLDS = [
    pytest.param(rule, key, threshold, id=f"{rule.id}-{key}")
    for rule in BOOK.rules
    for key, threshold in (CATALOGUE[rule.id].get("thresholds") or {}).items()
]


@pytest.mark.parametrize(("rule", "key", "threshold"), THRESHOLDS)
def test_a_number_is_that_of_the_catalogue_with_its_source(rule: Any, key: str, threshold: dict[str, Any]) -> None:
    told = (rule.id, key) in {**SAID_OTHERWISE, **LEFT_OUT}
    assert held(rule, threshold) != told, "the number differs, or is excused although it does not"


@pytest.mark.parametrize("rule", RULES)
def test_a_number_from_a_document_stands_in_the_catalogue_as_such(rule: Any) -> None:
    own = {origin for n, origin in numbers((rule.checks, rule.when, rule.unless, rule.excuse)) if origin != "proposed"}
    known = {threshold["from"] for threshold in (CATALOGUE[rule.id].get("thresholds") or {}).values()}
    assert own <= known | {"derived"}
