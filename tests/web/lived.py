"""A desk that people have worked at: calls judged and appealed against, calibrations, so that pages show something."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from callaudit.config import Config
from callaudit.desk import accounts, calibration
from callaudit.desk.calibration import Answer
from callaudit.store.database import open_store
from callaudit.store.tables import AuditRow
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from tests.web.browser import Visits, chromium, serving
from tests.web.calls import AGENT, NOW, fill
from tests.web.conftest import Browser, browser
from tests.web.shown import places


@contextmanager
def lived_in() -> Iterator[tuple[Visits, dict[str, str]]]:
    """Such a desk of its own, served and opened in Chromium, and what stands for the parts of addresses."""
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "calls.db") as store:
        fill(store, Path(folder))
        desk = Desk(store, Config(), lambda: NOW)
        live(desk)
        with store.session() as session:
            filled = places(session)
        with serving(desk) as address, chromium() as opened:
            yield Visits(opened, desk, address), filled


def live(desk: Desk) -> None:
    """Reviews the calls of the agent, who appeals against a finding of each; another call is judged in part."""
    app = make_app(desk)
    reviewer, agent = browser(app, desk, "reviewer"), browser(app, desk, "agent")
    with desk.store.session() as session:
        broken = select(AuditRow.call_id, AuditRow.agent_id).where(AuditRow.n_violated > 0).order_by(AuditRow.call_id)
        calls = session.execute(broken).all()
    for call, agent_id in calls:
        if agent_id != AGENT:
            continue
        _say(reviewer, call, "overturned", "客户先挂断，不算。")
        _do(reviewer, call, "reviewed", uphold_rest=True)
        _do(agent, call, "appeals", rule=_review(agent, call)["broken"][0], reason="我当时说了，请再听一遍。")
    others = [call for call, agent_id in calls if agent_id != AGENT]
    _say(reviewer, others[0], "unsure", "")
    _calibrate(desk, others[-1], is_done=True)
    _calibrate(desk, others[-2], is_done=False)


def _calibrate(desk: Desk, call: int, *, is_done: bool) -> None:
    """Two reviewers judge a call blind; they differ in the first of its rules."""
    store, now = desk.store, desk.clock()
    with store.session(write=False) as session:
        lead, *judges = (accounts.named(session, name) for name in ("lead", "reviewer", "second"))
    made = calibration.make(store, lead, f"校准 {call}", [call], [one.id for one in judges], now=now)
    if not is_done:
        return
    for one in judges:
        with store.session(write=False) as session:
            asked = calibration.task(session, store.vault, one, made, call).asked
        answers = [Answer(finding.rule, "kept") for finding in asked]
        if one is judges[0]:
            answers[0] = Answer(asked[0].rule, "broken", "没有等客户说完。")
        calibration.answer(store, one, made, call, answers, now=now)
    calibration.close(store, lead, made, now=now)


def _say(who: Browser, call: int, says: str, comment: str) -> None:
    _do(who, call, "opinions", rule=_review(who, call)["broken"][0], says=says, comment=comment)


def _do(who: Browser, call: int, act: str, **given: Any) -> None:
    version = _review(who, call)["version"]
    answer = who.post(f"/api/calls/{call}/{act}", json={"version": version, **given})
    assert answer.is_success, answer.text


def _review(who: Browser, call: int) -> dict[str, Any]:
    answer = who.get(f"/api/calls/{call}/review")
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found
