"""What people judged goes out as labels, and comes back in `callaudit evaluate` as the desk counts it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from callaudit.desk import judging, labels, learning
from callaudit.desk.people import User
from callaudit.errors import NotAllowed
from callaudit.evaluation.evaluate import evaluate
from callaudit.evaluation.hypothesis import find_hypothesis, read_hypothesis
from callaudit.evaluation.labels import find_labels, read_labels
from callaudit.store.database import Store
from callaudit.store.tables import AccessRow
from tests.desk.judged import FIRST, NOW, add_user, audit, bench, by, save

SECOND, THIRD = "2" * 64, "3" * 64


@pytest.fixture
def judged(store: Store) -> User:
    """Three calls: the first is reviewed with every word, the second with a doubt, the third is not done."""
    mia = add_user(store, "mia")
    desk = bench(store)
    save(store, audit("greeting", "interrupting", "goodbye"))
    save(store, audit("greeting", "rebuke", recording_id=SECOND))
    save(store, audit("greeting", recording_id=THIRD))
    judging.judge(desk, by(mia, 0), FIRST, "greeting", "upheld")
    judging.judge(desk, by(mia, 1), FIRST, "interrupting", "overturned", "138 0013 8000 是客户的号码")
    judging.judge(desk, by(mia, 2), FIRST, "goodbye", "upheld")
    judging.report_miss(desk, by(mia, 3), FIRST, "rebuke", 4.0)
    judging.mark_reviewed(desk, by(mia, 4), FIRST)
    judging.judge(desk, by(mia, 0), SECOND, "greeting", "overturned")
    judging.judge(desk, by(mia, 1), SECOND, "rebuke", "unsure")
    judging.mark_reviewed(desk, by(mia, 2), SECOND)
    judging.judge(desk, by(mia, 0), THIRD, "greeting", "upheld")
    return mia


def test_labels_hold_what_reviewed_calls_were_judged_to_be(store: Store, judged: User) -> None:
    with store.session(write=False) as session:
        first, second = labels.labels(session)
    assert (first.recording_id, first.violations, first.passes) == (
        FIRST, ("goodbye", "greeting", "rebuke"), ("interrupting",)
    )  # fmt: skip
    assert (second.recording_id, second.violations, second.passes) == (SECOND, (), ("greeting",))


def test_what_goes_out_scores_the_machine_as_the_desk_does(store: Store, judged: User, tmp_path: Path) -> None:
    labels.write(store, "test", tmp_path / "labels", now=NOW, audits=tmp_path / "audits")
    truths, faults = read_labels(find_labels(tmp_path / "labels"))
    assert faults == ()
    heard = {}
    for truth in truths:
        path = find_hypothesis(tmp_path / "audits", truth.id)
        assert path is not None
        read = read_hypothesis(path)
        assert read is not None
        heard[truth.id] = read
    rules = {one.rule: one.counts for one in evaluate(truths, heard).rules}
    with store.session(write=False) as session:
        for rule in ("greeting", "interrupting", "goodbye", "rebuke"):
            desk, got = learning.of_rule(session, rule), rules[rule]
            open_ones = 1 if rule == "greeting" else 0  # upheld in the third call, which nobody has reviewed
            assert (got.n_hit, got.n_false_on_passes, got.n_missed) == (
                desk.upheld - open_ones, desk.overturned, desk.missed
            )  # fmt: skip


def test_a_label_names_rules_and_nothing_else(store: Store, judged: User) -> None:
    with store.session() as session:
        lead = User(9, "lea", "Lea", "lead")
        held = labels.zipped(labels.exported(session, lead, now=NOW))
        line = session.scalars(select(AccessRow).where(AccessRow.act == "export labels")).one()
    assert (line.who, line.what) == ("lea", {"calls": 2, "audits": False})
    with zipfile.ZipFile(io.BytesIO(held)) as archive:
        assert archive.namelist() == ["1" * 16 + ".label.json", "2" * 16 + ".label.json"]
        first = json.loads(archive.read(archive.namelist()[0]))
    assert first == {"violations": ["goodbye", "greeting", "rebuke"], "passes": ["interrupting"]}


def test_who_may_not_export_takes_nothing(store: Store, judged: User) -> None:
    with store.session() as session:
        with pytest.raises(NotAllowed):
            labels.exported(session, judged, now=NOW)
        assert session.scalars(select(AccessRow).where(AccessRow.act == "export labels")).all() == []
