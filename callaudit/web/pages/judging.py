"""Judging a call: each act answers with the parts of the page it changed, and without script with the page anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from callaudit.desk import judging
from callaudit.desk.cases import Bench, By, Case
from callaudit.desk.outcome import Says
from callaudit.desk.people import User
from callaudit.errors import DeskError, NotAllowed, NotThere, Stale
from callaudit.web.desk import Desk, TheDesk, needs, page
from callaudit.web.drawing import language_of
from callaudit.web.queueing import following
from callaudit.web.reviewing import bench_of, by, catch_up, changes, context, recording
from callaudit.web.words import translated

router = APIRouter()
CallId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Version = Annotated[int, Form(ge=0, le=2**31 - 1)]
Seen = Annotated[int | None, Form(ge=0, le=2**31 - 1)]
Rule = Annotated[str, Form(min_length=1, max_length=200)]
Comment = Annotated[str, Form(max_length=10_000)]
Queue = Annotated[str, Form(max_length=2000)]
Judge = Annotated[User, needs("judge")]
Act = Callable[[Bench, By, str], Case]


@router.post("/calls/{call_id}/judge")
def judge(
    request: Request, desk: TheDesk, user: Judge, call_id: CallId, rule: Rule,
    says: Annotated[str, Form(max_length=20)], version: Version, seen: Seen = None, comment: Comment = "",
    queue: Queue = "",
) -> Response:  # fmt: skip
    """A finding is upheld, overturned or unsure."""
    scene = _Scene(request, desk, user, call_id, version if seen is None else seen, queue, rule=rule, draft=comment)
    return scene.does(lambda bench, who, of: judging.judge(bench, who, of, rule, cast(Says, says), comment))


@router.post("/calls/{call_id}/missed")
def missed(
    request: Request, desk: TheDesk, user: Judge, call_id: CallId, rule: Rule, start_s: Annotated[float, Form()],
    version: Version, seen: Seen = None, end_s: Annotated[str, Form(max_length=20)] = "",
    comment: Comment = "", queue: Queue = "",
) -> Response:  # fmt: skip
    """The machine missed something."""
    scene = _Scene(request, desk, user, call_id, version if seen is None else seen, queue)
    return scene.does(lambda bench, who, of: judging.report_miss(bench, who, of, rule, start_s, _end(end_s), comment))


@router.post("/calls/{call_id}/undo")
def undo(
    request: Request, desk: TheDesk, user: Judge, call_id: CallId, version: Version, seen: Seen = None,
    queue: Queue = "",
) -> Response:  # fmt: skip
    """One's own last act is taken back."""
    scene = _Scene(request, desk, user, call_id, version if seen is None else seen, queue, whole=True)
    return scene.does(judging.undo)


@router.post("/calls/{call_id}/reviewed")
def mark_reviewed(
    request: Request, desk: TheDesk, user: Judge, call_id: CallId, version: Version, seen: Seen = None,
    rest: bool = Form(False), queue: Queue = "", after: Annotated[int | None, Form(ge=1, le=2**63 - 1)] = None,
) -> Response:  # fmt: skip
    """The call is done; the next one comes. `rest`: what nobody has judged is upheld."""
    scene = _Scene(request, desk, user, call_id, version if seen is None else seen, queue, whole=True, after=after)
    return scene.does(judging.uphold_all if rest else judging.mark_reviewed)


def _end(given: str) -> float | None:
    try:
        return float(given) if given.strip() else None
    except ValueError as error:
        raise DeskError("that place is not within the call") from error


class _Scene:
    """One act on a call by a page, and what it is answered."""

    def __init__(
        self, request: Request, desk: Desk, user: User, call_id: int, seen: int, queue: str, *,
        rule: str | None = None, draft: str = "", whole: bool = False, after: int | None = None,
    ) -> None:  # fmt: skip
        self.request, self.desk, self.user = request, desk, user
        self.call_id, self.seen, self.queue, self.after = call_id, seen, queue, after
        self.rule, self.draft, self.whole = rule, draft, whole
        self.recording_id = recording(desk, user, call_id)

    def does(self, act: Act) -> Response:
        """What the act is answered; of one that was refused, why, and how the call stands now."""
        try:
            act(bench_of(self.desk), by(self.desk, self.user, self.seen), self.recording_id)
        except (NotAllowed, NotThere):
            raise
        except Stale as error:
            return self.refused(409, error)
        except DeskError as error:
            return self.refused(422, error)
        if self.after is not None:
            return self.goes(self.after)
        return self.shows() if self.is_part else self.goes(self.call_id)

    @property
    def is_part(self) -> bool:
        """Whether a part of the page asks, by script."""
        return "hx-request" in self.request.headers

    def refused(self, status: int, error: DeskError) -> Response:
        why = translated(language_of(self.request, self.user), str(error))
        told = changes(self.desk, self.user, self.recording_id, self.seen) if status == 409 else ()
        return self.shows(status, why=why, told=told)

    def shows(self, status: int = 200, *, why: str = "", told: Any = ()) -> Response:
        """The parts that changed; of what was refused all parts, and without script a page of its own."""
        language = language_of(self.request, self.user)
        template = "judging/answer.html.j2" if self.is_part else "judging/refused.html.j2"

        def work(session: Session) -> tuple[int | None, dict[str, Any]]:
            after = following(session, self.user, self.call_id, self.queue)
            return after, context(session, self.desk, self.user, self.recording_id, language)

        after, judged = self.desk.store.transact(work, write=False)
        catch_up(self.desk, judged["case"])
        return page(
            self.request, self.user, template, status, call_id=self.call_id, queue=self.queue, rule=self.rule,
            whole=self.whole or status != 200, why=why, told=told, draft=self.draft if status != 200 else "",
            after=after, **judged, here=self.address(self.call_id),
        )  # fmt: skip

    def goes(self, call_id: int) -> Response:
        """Sends the browser to a call."""
        if self.is_part:
            return Response(status_code=204, headers={"HX-Redirect": self.address(call_id)})
        return RedirectResponse(self.address(call_id), 303)

    def address(self, call_id: int) -> str:
        root = self.request.scope.get("root_path", "")
        return f"{root}/calls/{call_id}" + (f"?{urlencode({'queue': self.queue})}" if self.queue else "")
