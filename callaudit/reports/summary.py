"""The few figures and the order of findings that every report for people opens with; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callaudit.records import SEVERITIES, Audit, Call, Finding, Measurement, Severity, Status
from callaudit.spans import longer_than, total_s

LONG_SILENCE_S = 3.0  # the non-talk span that contact-centre analytics list (Amazon Contact Lens: > 3 s)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a reader wants first; shares in [0, 1] are of the time that both speak, None where nobody does.

    Overlap is None on one channel, which hides it.
    """

    agent_share: float | None
    customer_share: float | None
    silence_s: float
    n_long_silences: int
    longest_silence_s: float
    hold_s: float
    n_holds: int
    overlap_s: float | None
    n_overlaps: int


def summary(call: Call) -> Summary:
    """Figures of the call's timeline."""
    timeline = call.timeline
    agent_s, customer_s = total_s(timeline.of("speech", "agent")), total_s(timeline.of("speech", "customer"))
    spoken_s = agent_s + customer_s
    silences, holds, overlaps = timeline.of("silence"), timeline.of("hold"), timeline.of("overlap")
    return Summary(
        agent_share=agent_s / spoken_s if spoken_s > 0 else None,
        customer_share=customer_s / spoken_s if spoken_s > 0 else None,
        silence_s=total_s(silences),
        n_long_silences=len(longer_than(silences, LONG_SILENCE_S)),
        longest_silence_s=max((span.duration_s for span in silences), default=0.0),
        hold_s=total_s(holds),
        n_holds=len(holds),
        overlap_s=total_s(overlaps) if call.recording.layout == "stereo" else None,
        n_overlaps=len(overlaps),
    )


def of_party(call: Call, name: str) -> tuple[Measurement | None, Measurement | None]:
    """The measurement of that name of agent and customer; None where no measure has it."""
    found = {measurement.name: measurement for measurement in call.measurements}
    return found.get(f"agent_{name}"), found.get(f"customer_{name}")


def measured(call: Call) -> tuple[tuple[tuple[str, Measurement, Measurement], ...], tuple[Measurement, ...]]:
    """Measurements that both parties have, side by side under their common name, and all others."""
    found = {measurement.name: measurement for measurement in call.measurements}
    common = [name.removeprefix("agent_") for name in found if name.startswith("agent_")]
    pairs = tuple(
        (name, found[f"agent_{name}"], found[f"customer_{name}"]) for name in common if f"customer_{name}" in found
    )
    paired = {measurement.name for _, *both in pairs for measurement in both}
    return pairs, tuple(measurement for measurement in call.measurements if measurement.name not in paired)


def with_status(audit: Audit, status: Status) -> tuple[Finding, ...]:
    """Findings of one status: worst first, then as they are heard, then by rule."""
    chosen = [finding for finding in audit.findings if finding.status == status]
    return tuple(sorted(chosen, key=_order))


def by_severity(findings: Sequence[Finding]) -> tuple[tuple[Severity, tuple[Finding, ...]], ...]:
    """The findings in groups, worst first; severities without any are left out."""
    groups = ((severity, tuple(f for f in findings if f.severity == severity)) for severity in SEVERITIES)
    return tuple((severity, group) for severity, group in groups if group)


def n_violated(audit: Audit, severity: Severity | None = None) -> int:
    """How many rules are broken, of one severity if one is named."""
    return sum(f.status == "violated" and severity in (None, f.severity) for f in audit.findings)


def _order(finding: Finding) -> tuple[int, float, str]:
    at_s = min((place.span.start_s for place in finding.places), default=float("inf"))
    return SEVERITIES.index(finding.severity), at_s, finding.rule
