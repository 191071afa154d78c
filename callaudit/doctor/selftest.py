"""Audits a call that lies in this package, and compares what comes out with what should.

The call (22.6 s, two channels, voices made with Kokoro-82M, Apache-2.0) rings once, is answered with a full greeting,
and is cut off by the agent without a goodbye.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from callaudit.config import Config, JudgeConfig, LanguageModelConfig, RecordingsConfig
from callaudit.doctor.check import Check
from callaudit.errors import CallauditError, ModelMissing

if TYPE_CHECKING:
    from callaudit.records import Audit, Call
    from callaudit.rules import Rulebook

RECORDING_SHA256 = "3bd12ada945860e4f35cebd8e5b75c7b22071fdb552617e4b757efbcda3e7030"
SAMPLES_SHA256 = "f951ae001fc5d380df92f2bb307c8c0fbfd335aadd3e70e95c4fdcd82988f417"

SAID = (
    "您好欢迎致电远通快递客户服务热线工号三零五二号很高兴为您服务请问有什么可以帮助您",
    "好你等着那我的花瓶到底赔不赔",
    "赔不赔等通知吧",
)
LEAST_LIKENESS = 70.0
"""Percent of the characters that any usable model hears rightly; the embedded one gets 91 to 93."""

FOUND = {
    "answer-within-three-rings": "passed",
    "opening-company-department": "passed",
    "opening-agent-identity": "passed",
    "opening-offer-help": "passed",
    "closing-goodbye": "violated",
    "let-customer-hang-up-first": "violated",
    "no-direct-hangup": "violated",
}
"""Rules of etiquette-zh about which there is no doubt in this call."""


def self_test(config: Config) -> Iterator[Check]:
    """One line a stage: the sound decoded, the call heard, the call judged."""
    from callaudit.audio import read_audio
    from callaudit.models import verify
    from callaudit.pipeline import Auditor, hear_file, judge_call

    try:
        verify(config.engine.model)
    except (ModelMissing, CallauditError):
        yield Check("self-test", "ill", "not made: the model is not here, or not whole", "see the line of the model")
        return
    plain = replace(
        config,
        judge=JudgeConfig(),
        recordings=RecordingsConfig(),
        language_model=LanguageModelConfig(),  # nothing is asked over the network
        engine=replace(config.engine, language=None),
    )
    began = time.monotonic()
    with as_file(files("callaudit.doctor")) as folder:
        path = folder / "call.flac"
        recording, audio = read_audio(path, named=path.name)
        samples = hashlib.sha256()
        for channel in range(audio.n_channels):
            samples.update(audio.samples[channel, slice(0, audio.n_samples)].tobytes())
        yield _decoded(recording.id, samples.hexdigest())
        try:
            auditor = Auditor.from_config(plain)
            call = hear_file(path, auditor, named=path.name)
            audit = judge_call(call, _sure(auditor.rulebook), auditor.aids)
        except CallauditError as error:
            yield Check("self-test: audit", "ill", str(error), "mend what the message names")
            return
    yield _heard(call, time.monotonic() - began)
    yield _judged(audit)


def _sure(book: Rulebook) -> Rulebook:
    """The rulebook with the rules about which there is no doubt, and no others: making all ready takes seconds."""
    return replace(book, rules=tuple(rule for rule in book.rules if rule.id in FOUND))


def _decoded(recording_id: str, samples_sha256: str) -> Check:
    if recording_id != RECORDING_SHA256:
        return Check("self-test: sound", "ill", "the call in the package is not as it was shipped", "install it again")
    if samples_sha256 != SAMPLES_SHA256:
        return Check("self-test: sound", "ill", "decodes to other samples than elsewhere", "install soundfile again")
    return Check("self-test: sound", "well", "decodes to the very samples that it should")


def _heard(call: Call, took_s: float) -> Check:
    from rapidfuzz.distance import Levenshtein

    heard = "".join(character for turn in call.turns for character in turn.text if character.isalnum())
    truth = "".join(SAID)
    likeness = 100.0 * (1.0 - Levenshtein.distance(heard, truth) / len(truth))
    rings, by = call.timeline.ring, call.timeline.hangup.by
    says = f"{call.made_by.model} hears {likeness:.0f} % of the characters rightly; {took_s:.1f} s for 22.6 s of call"
    if likeness < LEAST_LIKENESS:
        todo = f"choose another model: at least {LEAST_LIKENESS:g} % are needed for Mandarin"
        return Check("self-test: hearing", "ill", says, todo)
    if rings is None or rings.count != 1 or by != "agent" or len(call.turns) < len(SAID):
        says += "; the ring, the turns or the hang-up are not as they should be"
        return Check("self-test: hearing", "ill", says, "install callaudit again; if that is no help, tell its makers")
    return Check("self-test: hearing", "well", says)


def _judged(audit: Audit) -> Check:
    found = {finding.rule: finding.status for finding in audit.findings}
    others = [f"{rule}: {found.get(rule)}, not {wanted}" for rule, wanted in FOUND.items() if found.get(rule) != wanted]
    if audit.failures or others:
        says = "; ".join([*others, *(f"rule {one.rule} crashed" for one in audit.failures)])
        todo = "with the embedded model: install callaudit again; with another: it mishears what rules rest on"
        return Check("self-test: judging", "ill", says, todo)
    return Check("self-test: judging", "well", f"{len(FOUND)} rules without doubt come out as they should")
