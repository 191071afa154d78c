"""Calibrations: made by leads, judged blind by several people, and what came of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from callaudit.desk import agreed, calibration
from callaudit.desk.agreement import Agreement
from callaudit.desk.calibration import LEAST_KEPT, WORDS, Answer, Word
from callaudit.desk.people import User
from callaudit.errors import DeskError
from callaudit.evaluation.intervals import LEAST_CALLS
from callaudit.store import queries
from callaudit.web.calls import CallId, shown
from callaudit.web.desk import Desk, TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.learning import rules_of, written_of

router = APIRouter()
Lead = Annotated[User, needs("calibrate")]
Judge = Annotated[User, needs("judge")]
CalibrationId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Text = Annotated[str, Form(max_length=2000)]


async def _form(request: Request) -> FormData:
    return await request.form()


Given = Annotated[FormData, Depends(_form)]
"""What was filled in, where the names of fields hold those of rules."""
LEVELS = ((0.0, "poor"), (0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"))
"""Below each, agreement is called so (Landis & Koch 1977, Biometrics 33:159)."""


def level(of: Agreement) -> str:
    """What agreement is called."""
    return next((name for end, name in LEVELS if (of.beyond or 0.0) < end), "perfect")


@router.get("/calibrations")
def calibrations_page(request: Request, desk: TheDesk, user: Judge) -> Response:
    """What waits for oneself, and all calibrations one may see."""
    return _list(request, desk, user)


def _list(request: Request, desk: Desk, user: User, status: int = 200, *, said: str = "") -> Response:
    with desk.store.session(write=False) as session:
        found = calibration.calibrations(session, user)
        mine = [
            (one, own, calibration.next_call(session, user, one.id))
            for one in found
            if one.closed_at is None and (own := one.of(user)) is not None and own.n_done < own.n_calls
        ]
        people = calibration.judges(session) if user.may("calibrate") else ()
        teams = queries.choices(session).teams if user.may("calibrate") else ()
    return page(
        request, user, "calibration/list.html.j2", status, found=found, mine=mine, people=people, teams=teams,
        least_kept=LEAST_KEPT, said=said,
    )  # fmt: skip


@router.post("/calibrations")
def make(
    request: Request, desk: TheDesk, user: Lead, name: Text = "",
    people: Annotated[list[int], Form()] = [],  # noqa: B006  # read, never changed
    calls: Text = "", n: Annotated[int, Form(ge=1, le=200)] = 10, since: Text = "", until: Text = "", team: Text = "",
    flagged: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """A new calibration, of chosen calls or of calls drawn at random."""
    ids = [one for one in re.split(r"[\s,，、;；]+", calls) if one]
    if not all(one.isdecimal() and len(one) < 19 for one in ids):
        raise DeskError("ids of calls are numbers")
    chosen: tuple[int, ...] = tuple(int(one) for one in ids)
    if not chosen:
        seed = f"{name}\0{desk.clock().isoformat()}"
        with desk.store.session(write=False) as session:
            chosen = calibration.drawn(
                session, n, seed=seed, since=since or None, until=until or None, team=team or None, flagged=flagged
            )
    made = calibration.make(desk.store, user, name, chosen, people, now=desk.clock())
    return _to(request, f"/calibrations/{made}")


@router.get("/calibrations/{calibration_id}")
def calibration_page(request: Request, desk: TheDesk, user: Judge, calibration_id: CalibrationId) -> Response:
    """How far it is; once it is closed, what came of it."""
    with desk.store.session(write=False) as session:
        found = calibration.calibration_of(session, user, calibration_id)
        if found.closed_at is None:
            mine = calibration.next_call(session, user, calibration_id) if found.of(user) else None
            return page(request, user, "calibration/open.html.j2", one=found, mine=mine, least_kept=LEAST_KEPT)
        got = agreed.results(session, user, calibration_id)
    return page(
        request, user, "calibration/results.html.j2", one=found, got=got, level=level, least=LEAST_CALLS,
        titles=_titles(desk, language_of(request, user)), names={**got.names, agreed.MACHINE: None},
    )  # fmt: skip


def _titles(desk: Desk, language: str) -> dict[str, str]:
    rules = rules_of(written_of(desk)[0])
    return {name: rule.title.of("zh" if language == "zh" else "en") for name, rule in rules.items()}


@router.post("/calibrations/{calibration_id}/close")
def close(request: Request, desk: TheDesk, user: Lead, calibration_id: CalibrationId) -> Response:
    """Ends it."""
    calibration.close(desk.store, user, calibration_id, now=desk.clock())
    return _to(request, f"/calibrations/{calibration_id}")


# ── judging blind ────────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/calibrations/{calibration_id}/calls/{call_id}")
def sheet_page(
    request: Request, desk: TheDesk, user: Judge, calibration_id: CalibrationId, call_id: CallId
) -> Response:
    """A call to be judged blind: its sound, its words, and the questions."""

    def work(session: Session) -> calibration.Task:
        return calibration.task(session, desk.store.vault, user, calibration_id, call_id)

    task = desk.store.transact(work, write=False)
    audit = replace(
        desk.store.audit(task.call_id), findings=()
    )  # the words alone: what was found is not marked in them
    drawn = shown(audit, language_of(request, user), None)
    own = task.calibration.of(user)
    given: dict[str, Any] = {"task": task, "one": task.calibration, "own": own, "words_of_rule": WORDS}
    return page(
        request, user, "calibration/sheet.html.j2", call_id=task.call_id, shown=drawn, s=drawn.section,
        told=drawn.told, titles=_titles(desk, language_of(request, user)), **given, **drawn.words,
    )  # fmt: skip


@router.post("/calibrations/{calibration_id}/calls/{call_id}")
def judge(
    request: Request, desk: TheDesk, user: Judge, calibration_id: CalibrationId, call_id: CallId, form: Given
) -> Response:
    """Answers; the next call comes."""
    after = calibration.answer(desk.store, user, calibration_id, call_id, _answers(form), now=desk.clock())
    return _to(request, f"/calibrations/{calibration_id}" + (f"/calls/{after}" if after is not None else ""))


def _answers(form: FormData) -> list[Answer]:
    """The fields word:RULE and comment:RULE; and the rule that somebody adds."""
    given = {key: value for key, value in form.items() if isinstance(value, str)}
    found = [
        Answer(key.removeprefix("word:"), cast(Word, value), given.get(f"comment:{key.removeprefix('word:')}", ""))
        for key, value in given.items()
        if key.startswith("word:")
    ]
    if added := given.get("added", ""):
        found.append(Answer(added, "broken", given.get("added_comment", ""), _seconds(given.get("added_at", ""))))
    return found


def _seconds(given: str) -> float | None:
    try:
        return float(given) if given.strip() else None
    except ValueError as error:
        raise DeskError("that place is not within the call") from error


def _to(request: Request, path: str) -> Response:
    return RedirectResponse(request.scope.get("root_path", "") + path, 303)
