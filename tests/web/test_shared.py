"""What several processes of a desk have in common."""

from __future__ import annotations

import pytest

from callaudit.desk.books import books_of
from callaudit.desk.whatif import Trials, wanted
from callaudit.web.desk import Desk
from callaudit.web.shared import Opening, kept_apart

RULE, KNOB = "no-interrupting", "check.least_overlap_s"


@pytest.mark.slow
def test_a_trial_begun_by_one_process_is_known_to_the_other(desk: Desk) -> None:
    change = wanted(books_of(desk.config.judge.rulebook).written(), RULE, KNOB, "0.01")
    alone = Trials(desk.store, desk.config)
    here = alone.run(1, change, 3)
    alone.close()
    with kept_apart(Opening(str(desk.store.path), desk.config, 5.0)) as shared:
        there = shared.trials.run(1, change, 3)
        assert there.n == 3
        assert (there.flips, there.before, there.after) == (here.flips, here.before, here.after)
        told = shared.trials.of(1, RULE)
        assert told is not None
        assert told.is_done
        assert shared.trials.of(2, RULE) is None
        assert [shared.tries.refuse_s("a", "192.0.2.1") > 0 for _ in range(6)] == [False] * 5 + [True]
