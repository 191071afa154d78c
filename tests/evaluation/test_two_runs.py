"""Two runs over the same calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callaudit.evaluation import Evaluation, Hypothesis, Truth, compare, evaluate
from callaudit.evaluation.hypothesis import HeardFinding, HeardRing
from callaudit.evaluation.truth import Label, TruthRing
from callaudit.records import Status

LABELS: tuple[tuple[str, Label], ...] = (("a", "violated"), ("b", "passed"), ("c", "passed"), ("d", "not_applicable"))


def truth(name: str) -> Truth:
    ring = TruthRing("tone", 4.0, 2)
    return Truth(name, None, 20.0, "stereo", True, ring, None, None, (), None, None, None, LABELS)


def heard(answer_s: float, verdict: str = "pass", **said: Status) -> Hypothesis:
    findings = {rule: HeardFinding(rule, status, 0.9) for rule, status in said.items()}
    return Hypothesis(20.0, "stereo", True, HeardRing(answer_s, 2), None, False, None, None, findings, 90.0, verdict)


def run(**audits: Hypothesis) -> Evaluation:
    return evaluate([truth("one"), truth("two")], audits)


@pytest.fixture
def before() -> Evaluation:
    return run(one=heard(4.5, a="passed", b="violated", c="passed", e="passed"), two=heard(4.0, a="violated"))


@pytest.fixture
def after() -> Evaluation:
    return run(
        one=heard(4.25, "fail", a="violated", b="passed", c="not_assessable", e="violated"),
        two=heard(4.0, a="violated", b="not_applicable"),
    )


def test_a_run_beside_itself_has_not_moved(before: Evaluation) -> None:
    found = compare(before, before)
    assert found.flips == ()
    assert {move.direction for move in found.moves} == {"same"}
    assert found.p_value == 1.0
    assert not any(call.changed for call in found.calls)


def test_flips_name_call_rule_both_statuses_and_truth(before: Evaluation, after: Evaluation) -> None:
    told = [
        (f.call, f.rule, f.before, f.after, f.label, f.right_before, f.right_after)
        for f in compare(before, after).flips
    ]
    assert told == [
        ("one", "a", "passed", "violated", "violated", False, True),
        ("one", "b", "violated", "passed", "passed", False, True),
        ("one", "c", "passed", "not_assessable", "passed", True, False),
        ("one", "e", "passed", "violated", None, None, None),
    ]  # no entry and "not applicable" say the same: two's b has not flipped


def test_labelled_flips_are_weighed(before: Evaluation, after: Evaluation) -> None:
    found = compare(before, after)
    assert (found.n_better, found.n_worse, found.p_value) == (2, 1, 1.0)
    back = compare(after, before)
    assert (back.n_better, back.n_worse, back.p_value) == (1, 2, 1.0)


def test_a_figure_moves_the_way_that_is_better(before: Evaluation, after: Evaluation) -> None:
    moves = {move.name: move for move in compare(before, after).moves}
    assert (moves["answer_error_median"].before, moves["answer_error_median"].after) == (0.25, 0.125)
    assert moves["answer_error_median"].direction == "better"
    assert moves["violation_recall"].direction == "better"
    assert moves["ring_found"].direction == "same"


def test_calls_name_what_moved_on_them(before: Evaluation, after: Evaluation) -> None:
    one, two = compare(before, after).calls
    assert {move.name for move in one.moves} == {"answer_error_median", "answer_error_p95"}
    assert (one.verdict_before, one.verdict_after, one.verdict_flipped) == ("pass", "fail", True)
    assert not two.changed


def test_only_calls_that_both_have_are_compared(before: Evaluation) -> None:
    found = compare(before, run(one=heard(4.5, a="passed", b="violated", c="passed", e="passed")))
    assert found.left_out == ("two",)
    assert found.flips == ()
    assert {move.direction for move in found.moves} == {"same"}


def test_runs_of_other_calls_are_refused(before: Evaluation) -> None:
    other = replace(before, calls=before.calls[:1])
    with pytest.raises(ValueError, match="same calls"):
        compare(before, other)
