"""Rules by what people judged: the worst first; and of each what it was wrong about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from callaudit.desk import labels, learning
from callaudit.desk.learning import FEW, Band, Judged
from callaudit.desk.people import User
from callaudit.desk.whatif import MOST_CALLS, MOST_SHOWN
from callaudit.errors import NotThere
from callaudit.rules.rule import Rule
from callaudit.store import queries
from callaudit.store.entries import VERDICTS
from callaudit.web.desk import Desk, TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.learning import knob_name, rules_of, text_of, written_of
from callaudit.web.trials import knobs_of, newest
from callaudit.web.words import translated

router = APIRouter()
Exporter = Annotated[User, needs("export")]
Learner = Annotated[User, needs("learn")]
RuleId = Annotated[str, Path(max_length=200)]
Sort = Literal["precision", "judged", "missed", "found"]


@dataclass(frozen=True, slots=True)
class Line:
    """A rule in the list; `rule` is None where the rulebook has it no more."""

    judged: Judged
    rule: Rule | None
    n_found: int


@dataclass(frozen=True, slots=True)
class Dot:
    """A band in the drawing, in hundredths of its width and height."""

    x: float
    y: float
    low: float
    high: float


@router.get("/rules")
def rules_page(
    request: Request, desk: TheDesk, user: Learner, sort: Sort = "precision", all_: bool = Query(False, alias="all")
) -> Response:
    """The rules, the worst first."""
    written, why = written_of(desk)
    with desk.store.session(write=False) as session:
        judged = learning.overview(session)
        bands = learning.bands(session)
        found = {one.rule: one.n_calls for one in queries.by_rule(session, queries.Filter(verdicts=VERDICTS))}
    rules = rules_of(written)
    lines = [Line(one, rules.get(one.rule), found.get(one.rule, 0)) for one in judged]
    known = {one.rule for one in judged}
    rest = [Line(Judged(name), rules.get(name), found.get(name, 0)) for name in {**rules, **found} if name not in known]
    lines = _sorted(lines, sort) + (sorted(rest, key=lambda line: -line.n_found) if all_ else [])
    return page(
        request, user, "learning/list.html.j2", lines=lines, why=why, sort=sort, all=all_, n_rest=len(rest),
        few=FEW, **_confidence(bands),
    )  # fmt: skip


def _sorted(lines: list[Line], sort: Sort) -> list[Line]:
    if sort == "precision":
        return lines
    key = {
        "judged": lambda line: line.judged.n, "missed": lambda line: line.judged.missed,
        "found": lambda line: line.n_found,
    }[sort]  # fmt: skip
    return sorted(lines, key=key, reverse=True)


def _confidence(bands: tuple[Band, ...]) -> dict[str, Any]:
    dots = [Dot(100 * band.said, 100 - 100 * band.right, *(100 - 100 * end for end in band.interval)) for band in bands]
    return {"bands": bands, "dots": dots, "gap": learning.gap(bands)}


@router.post("/rules/labels")
def export_labels(desk: TheDesk, user: Exporter) -> Response:
    """What people judged, as labels for `callaudit evaluate`: an archive, a file for each reviewed call."""
    found = desk.store.transact(lambda session: labels.exported(session, user, now=desk.clock()))
    name = f"labels-{desk.clock():%Y%m%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(labels.zipped(found), media_type="application/zip", headers=headers)


@router.get("/rules/{rule}")
def rule_page(
    request: Request, desk: TheDesk, user: Learner, rule: RuleId, knob: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """A rule: how often it is right, where it was wrong, its text, and changes to try."""
    language = language_of(request, user)
    given = rule_context(desk, rule, language)
    written, _ = written_of(desk)
    own = knobs_of(written, given["rule"]) if written is not None and given["rule"] is not None else ()
    trial = newest(request, user, rule)
    return page(
        request, user, "learning/rule.html.j2", **given, knobs=own, trial=trial, most_shown=MOST_SHOWN,
        knob=next((one for one in own if one.id == knob), own[0] if own else None), most_calls=MOST_CALLS,
        trial_fault=translated(language, trial.fault) if trial is not None else "",
        knob_name=partial(knob_name, language),
        asks_reader=bool(given["rule"] and given["rule"].ask and desk.config.language_model.base_url),
    )  # fmt: skip


def rule_context(desk: Desk, rule: str, language: str) -> dict[str, Any]:
    """What the page of a rule is given.

    Raises
    ------
    NotThere
        The rulebook has no such rule, and nobody ever judged one of that name.
    """
    written, why = written_of(desk)
    known = rules_of(written).get(rule)
    with desk.store.session(write=False) as session:
        judged = learning.of_rule(session, rule)
        bands = learning.bands(session, rule)
        present = learning.present(session, rule)
        heard = {which: learning.heard(session, rule, which) for which in ("false", "missed", "unsure")}
    if known is None and not any((judged.n, judged.missed, judged.unsure, judged.confirmed)):
        raise NotThere("there is no such rule")
    text = text_of(written, rule, language) if written is not None and known is not None else None
    return {
        "rule_id": rule, "rule": known, "title": known.title.of("zh" if language == "zh" else "en") if known else rule,
        "why": why, "judged": judged, "present": present, "heard": heard, "text": text, "few": FEW,
        "chapter": written.book.chapters.get(known.chapter, "") if written is not None and known else "",
        **_confidence(bands),
    }  # fmt: skip


@router.get("/rules/{rule}/heard/{which}")
def heard_page(
    request: Request, desk: TheDesk, user: Learner, rule: RuleId, which: Literal["false", "missed", "unsure"],
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:  # fmt: skip
    """All false alarms, misses or doubts of a rule, page by page."""
    with desk.store.session(write=False) as session:
        found = learning.heard(session, rule, which, before=before)
    known = rules_of(written_of(desk)[0]).get(rule)
    title = known.title.of("zh" if language_of(request, user) == "zh" else "en") if known else rule
    return page(
        request, user, "learning/heard.html.j2", rule_id=rule, title=title, which=which, lines=found,
        older=found[-1].id if len(found) == learning.PAGE else None, before=before,
    )  # fmt: skip
