"""Calibrations in both databases: blind until they are closed, the same questions for all, figures by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from callaudit.desk import calibration, judging
from callaudit.desk.agreed import MACHINE, Results, results
from callaudit.desk.calibration import Answer, Word
from callaudit.desk.people import User
from callaudit.desk.reviews import review_of
from callaudit.errors import DeskError, NotAllowed, NotThere
from callaudit.store.database import Store
from callaudit.store.desk_tables import OpinionRow
from callaudit.store.tables import AccessRow
from tests.desk.judged import FIRST, NOW, add_user, audit, bench, by, save

SECOND = "2" * 64
WORDS: dict[str, Word] = {"b": "broken", "k": "kept", "u": "unsure"}


@pytest.fixture
def people(store: Store) -> dict[str, User]:
    save(store, audit("greeting", "interrupting", "goodbye"))
    save(store, audit("rebuke", recording_id=SECOND))
    roles = {"lea": "lead", "mia": "reviewer", "noor": "reviewer", "eve": "reviewer", "ann": "agent"}
    return {name: add_user(store, name, role, "a1") for name, role in roles.items()}  # type: ignore[arg-type]  # names


@pytest.fixture
def made(store: Store, people: dict[str, User]) -> int:
    return calibration.make(store, people["lea"], "第一次", [1, 2], [people["mia"].id, people["noor"].id], now=NOW)


def asked(store: Store, user: User, made: int, call_id: int) -> list[str]:
    with store.session(write=False) as session:
        return [one.rule for one in calibration.task(session, store.vault, user, made, call_id).asked]


def says(store: Store, user: User, made: int, call_id: int, **words: str) -> int | None:
    """Answers by rule (`_` for `-`); what is not named is kept."""
    told = {rule.replace("_", "-"): WORDS[word] for rule, word in words.items()}
    answers = {rule: Answer(rule, "kept") for rule in asked(store, user, made, call_id)}
    answers |= {rule: Answer(rule, word, f"von {user.name}") for rule, word in told.items()}
    return calibration.answer(store, user, made, call_id, list(answers.values()), now=NOW)


def closed(store: Store, people: dict[str, User], made: int) -> Results:
    calibration.close(store, people["lea"], made, now=NOW)
    with store.session(write=False) as session:
        return results(session, people["lea"], made)


def test_everybody_is_asked_the_same_what_was_found_and_as_much_that_was_kept(
    store: Store, people: dict[str, User], made: int
) -> None:
    first = asked(store, people["mia"], made, 1)
    assert first == asked(store, people["noor"], made, 1)
    assert len(first) == len(set(first)) == 6
    assert {"greeting", "interrupting", "goodbye"} < set(first)
    assert "thanks" not in first  # not applicable
    second = asked(store, people["mia"], made, 2)
    assert len(second) == 3  # one found, and at least two kept
    assert "rebuke" in second


def test_it_goes_from_call_to_call_until_all_are_done(store: Store, people: dict[str, User], made: int) -> None:
    with store.session(write=False) as session:
        assert calibration.next_call(session, people["mia"], made) == 1
    assert says(store, people["mia"], made, 1) == 2
    assert says(store, people["mia"], made, 2) is None
    with store.session(write=False) as session:
        got = calibration.calibration_of(session, people["mia"], made)
    assert [(one.name, one.n_done, one.n_calls) for one in got.people] == [("Mia", 2, 2), ("Noor", 0, 2)]
    assert got.n_left == 2


def test_nobody_sees_what_others_say_before_it_is_closed(store: Store, people: dict[str, User], made: int) -> None:
    desk = bench(store)
    judging.judge(desk, by(people["eve"], 0), FIRST, "greeting", "overturned", "erste Meinung")
    says(store, people["mia"], made, 1, greeting="b")
    with store.session(write=False) as session:
        theirs = calibration.task(session, store.vault, people["noor"], made, 1)
        mine = calibration.task(session, store.vault, people["mia"], made, 1)
        assert theirs.answers == {}
        assert mine.answers["greeting"].word == "broken"
        for user in ("lea", "mia"):
            with pytest.raises(DeskError, match="still open"):
                results(session, people[user], made)
    assert review_of(desk, people["noor"], FIRST).history == ()  # the first review is hidden, too
    assert len(review_of(desk, people["lea"], FIRST).history) == 1
    calibration.close(store, people["lea"], made, now=NOW)
    assert len(review_of(desk, people["noor"], FIRST).history) == 1


def test_a_blind_opinion_changes_no_outcome(store: Store, people: dict[str, User], made: int) -> None:
    desk = bench(store)
    before = review_of(desk, people["lea"], FIRST)
    says(store, people["mia"], made, 1)
    after = review_of(desk, people["lea"], FIRST)
    assert (after.case, after.outcome.score) == (before.case, before.outcome.score)
    with store.session(write=False) as session:
        rows = session.scalars(select(OpinionRow)).all()
        assert {row.kind for row in rows} == {"blind"}
        assert not any(row.stands for row in rows)
        line = session.scalars(select(AccessRow).where(AccessRow.act == "judge blind")).one()
    assert (line.who, line.recording_id, line.what) == ("mia", FIRST, {"calibration": made, "call": 1})


def test_what_was_handed_in_stands(store: Store, people: dict[str, User], made: int) -> None:
    says(store, people["mia"], made, 1, greeting="b")
    with pytest.raises(DeskError, match="already"):
        says(store, people["mia"], made, 1, greeting="k")
    with store.session(write=False) as session:
        assert calibration.task(session, store.vault, people["mia"], made, 1).answers["greeting"].word == "broken"


def test_agreement_is_that_worked_out_by_hand(store: Store, people: dict[str, User], made: int) -> None:
    # the machine: 3 + 1 broken of 9 asked; mia says all four are, noor two of them, and is unsure of one that was kept
    says(store, people["mia"], made, 1, greeting="b", interrupting="b", goodbye="b")
    says(store, people["mia"], made, 2, rebuke="b")
    kept = next(rule for rule in asked(store, people["noor"], made, 2) if rule != "rebuke")
    says(store, people["noor"], made, 1, greeting="b")
    says(store, people["noor"], made, 2, rebuke="b", **{kept.replace("-", "_"): "u"})
    got = closed(store, people, made)
    mia, noor = (str(people[name].id) for name in ("mia", "noor"))
    pair = got.pairs[0].agreement
    # 8 judged by both: 2 broken by both, 2 by mia alone, 4 by none: agreed 6/8, by chance (4*2 + 4*6)/64 = 1/2
    assert (pair.n, pair.share) == (8, 0.75)
    assert pair.beyond == pytest.approx(0.5)
    with_machine = {one.one: one.agreement for one in got.machine}
    assert with_machine[mia].n == 9
    assert with_machine[mia].beyond == pytest.approx(1.0)
    # noor: of 8, the machine has 4 broken, she 2 of them: as above
    assert with_machine[noor].n == 8
    assert with_machine[noor].beyond == pytest.approx(0.5)
    assert got.n_unsure == {mia: 0, noor: 1}
    # Fleiss: 8 things, agreed 6/8; words: 6 broken and 10 kept of 16
    chance = (6 / 16) ** 2 + (10 / 16) ** 2
    assert got.all.n == 8
    assert got.all.beyond == pytest.approx((0.75 - chance) / (1 - chance))
    assert {item.rule for item in got.differences} == {"interrupting", "goodbye", kept}
    told = next(item for item in got.differences if item.rule == "goodbye")
    assert (told.words, told.call_id) == ({mia: "broken", noor: "kept", MACHINE: "broken"}, 1)
    assert told.comments == {mia: "von mia"}


def test_what_somebody_adds_is_told_and_counts_for_nothing(store: Store, people: dict[str, User], made: int) -> None:
    answers = [Answer(rule, "kept") for rule in asked(store, people["mia"], made, 2)]
    added = next(one for one in ("greeting", "interrupting", "abuse", "cut-off", "goodbye", "thanks")
                 if one not in asked(store, people["mia"], made, 2))  # fmt: skip
    calibration.answer(store, people["mia"], made, 2, [*answers, Answer(added, "broken", "", 12.0)], now=NOW)
    says(store, people["noor"], made, 2)
    got = closed(store, people, made)
    assert got.pairs[0].agreement.n == 3
    (item,) = got.differences
    assert (item.rule, item.was_asked, item.start_s) == (added, False, 12.0)


def test_where_all_say_the_same_word_there_is_no_kappa(store: Store, people: dict[str, User], made: int) -> None:
    for name in ("mia", "noor"):
        says(store, people[name], made, 1)
    got = closed(store, people, made)
    assert (got.pairs[0].agreement.share, got.pairs[0].agreement.beyond) == (1.0, None)
    assert got.all.beyond is None


@pytest.mark.parametrize(
    ("calls", "names", "name", "why"),
    [
        ([1], ["mia"], "x", "two people"),
        ([1], ["mia", "ann"], "x", "only people who judge"),
        ([], ["mia", "noor"], "x", "between 1 and 200"),
        ([1], ["mia", "noor"], "  ", "name"),
        ([1, 99], ["mia", "noor"], "x", "no such call"),
    ],
)
def test_what_is_no_calibration_is_refused(
    store: Store, people: dict[str, User], calls: list[int], names: list[str], name: str, why: str
) -> None:
    with pytest.raises(DeskError, match=why):
        calibration.make(store, people["lea"], name, calls, [people[one].id for one in names], now=NOW)
    with store.session(write=False) as session:
        assert calibration.calibrations(session, people["lea"]) == ()


def test_only_its_people_take_part_and_only_leads_make_and_close(
    store: Store, people: dict[str, User], made: int
) -> None:
    with pytest.raises(NotAllowed):
        calibration.make(store, people["mia"], "x", [1], [people["mia"].id, people["noor"].id], now=NOW)
    with pytest.raises(NotAllowed):
        calibration.close(store, people["mia"], made, now=NOW)
    with store.session(write=False) as session:
        assert calibration.calibrations(session, people["eve"]) == ()
        with pytest.raises(NotThere):
            calibration.task(session, store.vault, people["eve"], made, 1)
    with pytest.raises(NotThere):
        calibration.answer(store, people["eve"], made, 1, [], now=NOW)


def test_a_half_answer_is_refused_and_a_closed_one_takes_none(store: Store, people: dict[str, User], made: int) -> None:
    with pytest.raises(DeskError, match="wait to be judged"):
        calibration.answer(store, people["mia"], made, 1, [Answer("greeting", "kept")], now=NOW)
    calibration.close(store, people["lea"], made, now=NOW + timedelta(minutes=1))
    with pytest.raises(DeskError, match="closed"):
        says(store, people["mia"], made, 1)
    with pytest.raises(DeskError, match="closed"):
        calibration.close(store, people["lea"], made, now=NOW)


def test_what_is_drawn_is_the_same_for_a_seed(store: Store, people: dict[str, User]) -> None:
    with store.session(write=False) as session:
        assert set(calibration.drawn(session, 9, seed="s")) == {1, 2}
        assert calibration.drawn(session, 1, seed="s") == calibration.drawn(session, 1, seed="s")
        assert calibration.drawn(session, 9, seed="s", since="2027-01-01") == ()
        assert calibration.drawn(session, 9, seed="s", team="客服二组") == ()
