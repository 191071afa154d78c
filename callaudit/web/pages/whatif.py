"""A change of a rule tried on stored calls: begun by a form, asked after until it is done, taken away as YAML."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from callaudit.desk.people import User
from callaudit.desk.whatif import MOST_CALLS, MOST_SHOWN, wanted
from callaudit.errors import NotThere
from callaudit.web.desk import TheDesk, page
from callaudit.web.drawing import language_of
from callaudit.web.learning import knob_name
from callaudit.web.pages.learning import Learner, RuleId
from callaudit.web.trials import newest, rulebook_of, trials_of
from callaudit.web.words import translated

router = APIRouter()


@router.post("/rules/{rule}/what-if")
def begin(
    request: Request, desk: TheDesk, user: Learner, rule: RuleId, knob: Annotated[str, Form(max_length=200)],
    value: Annotated[str, Form(max_length=100_000)], most: Annotated[int, Form(ge=1, le=MOST_CALLS)] = MOST_CALLS,
) -> Response:  # fmt: skip
    """Begins a trial; one that this user has under way is given up."""
    trials = trials_of(request)
    trials.begin(user.id, wanted(rulebook_of(desk), rule, knob, value), most)
    return _told(request, user, rule, knob)


@router.get("/rules/{rule}/what-if")
def told(request: Request, user: Learner, rule: RuleId) -> Response:
    """How the trial goes."""
    return _told(request, user, rule)


def _told(request: Request, user: User, rule: str, knob: str = "") -> Response:
    if "hx-request" not in request.headers:
        root = request.scope.get("root_path", "")
        return RedirectResponse(f"{root}/rules/{rule}" + (f"?knob={knob}" if knob else "") + "#whatif", 303)
    trial = newest(request, user, rule)
    language = language_of(request, user)
    why = translated(language, trial.fault) if trial is not None else ""
    return page(
        request, user, "learning/trial.html.j2", trial=trial, rule_id=rule, trial_fault=why, most_shown=MOST_SHOWN,
        knob_name=partial(knob_name, language),
    )  # fmt: skip


@router.post("/rules/{rule}/what-if/change")
def take(request: Request, desk: TheDesk, user: Learner, rule: RuleId) -> Response:
    """The change as a rulebook that extends the one at hand, for the company's own."""
    trial = newest(request, user, rule)
    if trial is None:
        raise NotThere("this trial is over; try it again")
    text = trial.change.text(desk.config.judge.rulebook)
    head = f"# {trial.change.name}: {trial.change.old} -> {trial.change.new}\n".replace("\r", " ")
    headers = {"Content-Disposition": f'attachment; filename="{trial.change.rule}.yaml"'}
    return Response(head + text, media_type="application/yaml", headers=headers)
