"""Calibrations for programs: how far everybody is, and once one is closed, how far people and machine agree."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path

from callaudit.desk import agreed, calibration
from callaudit.desk.agreed import MACHINE, Item, Pair, Results
from callaudit.desk.agreement import Agreement
from callaudit.desk.calibration import Calibration, Word
from callaudit.desk.people import User
from callaudit.web.desk import TheDesk, needs
from callaudit.web.models import Fault, Model

router = APIRouter(prefix="/api", tags=["calibrations"])
Judge = Annotated[User, needs("judge")]
CalibrationId = Annotated[int, Path(ge=1, le=2**63 - 1, description="id of a calibration")]


class PersonOut(Model):
    """How far one of its people is, in calls."""

    user_id: int
    name: str
    n_done: int
    n_calls: int


class CalibrationOut(Model):
    """A calibration and how far everybody is; `closed_at`: null while it is open."""

    id: int
    name: str
    maker: str
    made_at: datetime
    closed_at: datetime | None
    people: list[PersonOut]


class AgreementOut(Model):
    """`n` things that count, the `share` on which people agree, and κ or α with its 95 % interval.

    κ and α are null where they are undefined, the interval is where there are too few calls.
    """

    n: int
    share: float | None
    beyond: float | None
    low: float | None
    high: float | None


class PairOut(Model):
    """Two people (Cohen's κ); `other`: null is the machine."""

    one: int
    other: int | None
    agreement: AgreementOut


class RuleOut(Model):
    """A rule: the people who judged it (α), and each of them with the machine (κ)."""

    rule: str
    n_items: int
    people: AgreementOut
    machine: AgreementOut


class SaidOut(Model):
    """What one of the people said."""

    user_id: int
    word: Word
    comment: str


class DifferenceOut(Model):
    """A rule in a call on which people differ; `call_id`: null once it was purged, `machine`: null if not asked."""

    call_id: int | None
    rule: str
    said: list[SaidOut]
    machine: Word | None


class ResultsOut(Model):
    """`all`: where everybody gave a word (Fleiss' κ); `any`: where two did (Krippendorff's α); who is unsure gave none.

    κ with the machine is that of what was asked: as many rules passed as found broken, not of all calls.
    """

    all: AgreementOut
    any: AgreementOut
    pairs: list[PairOut]
    machine: list[PairOut]
    rules: list[RuleOut]
    differences: list[DifferenceOut]


class ClosedOut(CalibrationOut):
    """A calibration with what came of it; `results`: null while it is open, when nobody sees what others said."""

    results: ResultsOut | None


@router.get("/calibrations", responses={403: {"model": Fault}})
def list_calibrations(desk: TheDesk, user: Judge) -> list[CalibrationOut]:
    """Those that one takes part in, a lead's all, the newest first."""
    with desk.store.session(write=False) as session:
        return [CalibrationOut(**_told(one)) for one in calibration.calibrations(session, user)]


@router.get("/calibrations/{calibration_id}", responses={403: {"model": Fault}, 404: {"model": Fault}})
def read_calibration(desk: TheDesk, user: Judge, calibration_id: CalibrationId) -> ClosedOut:
    """One of them, with how far people and machine agree once it is closed."""
    with desk.store.session(write=False) as session:
        found = calibration.calibration_of(session, user, calibration_id)
        got = agreed.results(session, user, calibration_id) if found.closed_at is not None else None
    return ClosedOut(**_told(found), results=None if got is None else _results(got))


def _told(given: Calibration) -> dict[str, Any]:
    people = [
        PersonOut(user_id=one.user_id, name=one.name, n_done=one.n_done, n_calls=one.n_calls) for one in given.people
    ]
    return {
        "id": given.id, "name": given.name, "maker": given.maker, "made_at": given.made_at,
        "closed_at": given.closed_at, "people": people,
    }  # fmt: skip


def _results(given: Results) -> ResultsOut:
    return ResultsOut(
        all=_agreement(given.all), any=_agreement(given.any), pairs=[_pair(one) for one in given.pairs],
        machine=[_pair(one) for one in given.machine],
        rules=[
            RuleOut(
                rule=one.rule, n_items=one.n_items, people=_agreement(one.people), machine=_agreement(one.machine)
            )
            for one in given.rules
        ],
        differences=[_difference(one) for one in given.differences],
    )  # fmt: skip


def _agreement(given: Agreement) -> AgreementOut:
    low, high = given.interval or (None, None)
    return AgreementOut(n=given.n, share=given.share, beyond=given.beyond, low=low, high=high)


def _pair(given: Pair) -> PairOut:
    other = None if given.other == MACHINE else int(given.other)
    return PairOut(one=int(given.one), other=other, agreement=_agreement(given.agreement))


def _difference(given: Item) -> DifferenceOut:
    said = [
        SaidOut(user_id=int(who), word=word, comment=given.comments.get(who, ""))
        for who, word in given.words.items()
        if who != MACHINE
    ]
    return DifferenceOut(call_id=given.call_id, rule=given.rule, said=said, machine=given.words.get(MACHINE))
