"""What was said of each rule of each call, beside what a reviewer gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from callaudit.evaluation.hypothesis import Hypothesis
from callaudit.evaluation.truth import Label, Truth
from callaudit.records import Status

Agreement = Literal["both", "machine_only", "label_only", "neither"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One rule on one call; `label` is None where no reviewer judged it, `status` where the audit has no entry for it.

    An audit has one entry for every rule that its direction of call knows, so no entry says: not applicable.
    """

    call: str
    rule: str
    label: Label | None
    status: Status | None
    confidence: float | None = None
    title: str = ""

    @property
    def right(self) -> bool:
        """Whether the status is the labelled one; nothing said is right where the rule does not apply."""
        return (self.status or "not_applicable") == self.label

    @property
    def abstained(self) -> bool:
        """Whether the machine said that the recording does not allow a verdict."""
        return self.status == "not_assessable"


@dataclass(frozen=True, slots=True)
class RuleTally:
    """Counts of one rule, or of all, over the labelled items.

    `n_hit` violations found, `n_missed` not found (abstentions among them), `n_false` violations found where the label
    says passed or not applicable; `n_passes`, `n_passes_right`, `n_inapplicable`, `n_inapplicable_right` labelled and
    confirmed; `n_abstained` of the violations and passes said to be not assessable. The last four cross both verdicts
    where both gave one (the machine did not abstain, and the call has an audit): violated or not.
    """

    n_hit: int = 0
    n_missed: int = 0
    n_false: int = 0
    n_false_on_passes: int = 0
    n_passes: int = 0
    n_passes_right: int = 0
    n_inapplicable: int = 0
    n_inapplicable_right: int = 0
    n_abstained: int = 0
    n_both: int = 0
    n_machine_only: int = 0
    n_label_only: int = 0
    n_neither: int = 0

    @property
    def n_violations(self) -> int:
        """Labelled violations."""
        return self.n_hit + self.n_missed


def judged(truth: Truth, heard: Hypothesis | None) -> tuple[Judged, ...]:
    """Every rule that the label or the audit names, by rule.

    Empty where the audit has no findings at all: a system that judges nothing is not wrong about it.
    """
    if heard is not None and heard.findings is None:
        return ()
    labels = dict(truth.rules)
    findings = heard.findings if heard is not None and heard.findings is not None else {}
    rows: list[Judged] = []
    for rule in sorted({*labels, *findings}):
        found = findings.get(rule)
        said = (found.status, found.confidence, found.title) if found else (None, None, "")
        rows.append(Judged(truth.id, rule, labels.get(rule), *said))
    return tuple(rows)


_CROSSED: Final[dict[tuple[bool, bool], Agreement]] = {
    (True, True): "both",
    (True, False): "label_only",
    (False, True): "machine_only",
    (False, False): "neither",
}


def tally_rules(items: Iterable[Judged], missing: frozenset[str] = frozenset()) -> RuleTally:
    """The counting of labelled items; `missing` are the calls without an audit.

    A labelled violation on such a call counts as missed and a labelled pass as not confirmed, but no verdict was given
    there, so nothing is crossed.
    """
    counts = dict.fromkeys(RuleTally.__dataclass_fields__, 0)
    for item in items:
        if item.label is None:
            continue
        violated = item.status == "violated"
        counts["n_abstained"] += item.abstained and item.label != "not_applicable"
        if item.label == "violated":
            counts["n_hit" if violated else "n_missed"] += 1
        else:
            kind = "n_passes" if item.label == "passed" else "n_inapplicable"
            counts[kind] += 1
            counts[f"{kind}_right"] += item.right
            counts["n_false"] += violated
            counts["n_false_on_passes"] += violated and item.label == "passed"
        if not item.abstained and item.call not in missing:
            counts[f"n_{_CROSSED[item.label == 'violated', violated]}"] += 1
    return RuleTally(**counts)
