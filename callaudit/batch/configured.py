"""A batch as the settings describe it: sources found, drawn and put in order; workers; the store; the summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from callaudit.batch.crosscall import cross_calls
from callaudit.batch.enrol import Anew
from callaudit.batch.executors.sizing import make_executor, sized
from callaudit.batch.figures import Summary
from callaudit.batch.keys import hearing_digest
from callaudit.batch.outbox import Outbox
from callaudit.batch.rejudging import Way
from callaudit.batch.rescore import know
from callaudit.batch.run import Plan, run_batch
from callaudit.batch.sampling import drawn, plan_of
from callaudit.batch.scope import Scope
from callaudit.batch.sources import Search, Trouble
from callaudit.batch.standing import Listener, RunFigures
from callaudit.batch.summaries import write_summary
from callaudit.batch.summary import figures
from callaudit.batch.worker import HearAndJudge
from callaudit.config import Config
from callaudit.errors import CallauditError
from callaudit.store.database import Store, configured_store
from callaudit.store.tables import AuditRow, CallRow, JudgingRow, RunTaskRow, TaskRow

STORE_NAME = "callaudit.sqlite"
"""The store in the out folder, where no other is named."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of one batch, beside the settings: `out` gets the audits and the summaries; `until` has a zone."""

    sources: Sequence[str]
    out: Path
    kind: str = "batch"
    until: datetime | None = None
    anew: Anew = field(default_factory=Anew)


@dataclass(frozen=True, slots=True)
class Result:
    """How it went; `n_troubles` are sources and files that could not be searched, `n_otherwise` calls of the run whose
    newest judgement is by other rules than these (`callaudit rescore` judges them again). `faults` say what failed
    after the last call."""

    figures: RunFigures
    summary: Summary
    n_troubles: int
    n_otherwise: int
    faults: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything that was found could be audited."""
        return not (self.figures.n_failed or self.n_troubles or self.summary.n_incomplete or self.faults)


def run_configured(
    config: Config,
    order: Order,
    *,
    listener: Listener = lambda outcome, standing: None,
    tell: Callable[[Trouble], None] = lambda trouble: None,
) -> Result:
    """Does the batch and writes its summary; where no store is named it lies in the out folder.

    Raises
    ------
    ConfigError, RulebookError, ModelMissing, EngineError, SourceError, StoreError, CallauditError
        As `callaudit.batch.run.run_batch`, or the settings are wrong: before anything is begun.
    KeyboardInterrupt
    """
    config = sized(config)
    plan = plan_of(config.batch.sample, config.batch.sample_seed)
    hearing = hearing_digest(config)
    way = Way.from_config(config)  # what is wrong with it is said once, before any work
    Outbox(order.out).prepare()
    url = config.store.url or str(order.out / STORE_NAME)
    search = Search(order.sources, config.batch.settle_s, (order.out,), tell)
    files = drawn(search, plan, config.batch.order, config.recordings)

    faults: list[str] = []

    def finish(store: Store, is_whole: bool) -> None:
        """Lets calls know of each other; of a sample nobody can say that a call was not made."""
        workers = 1 if config.batch.executor == "serial" else config.batch.workers
        try:
            cross_calls(store, way, complete=is_whole and not plan.is_partial, workers=workers or 1)
        except CallauditError as error:  # the calls are kept, each judged by itself; the next run does this again
            faults.append(f"rules about several calls: {error}")

    own = Plan(
        hearing, order.out, config.batch, order.kind, order.until, order.anew, finish, lambda: search.n_young
    )  # fmt: skip
    with configured_store(replace(config.store, url=url)) as store:
        know(store, way)
        run = run_batch(store, files, make_executor(config), HearAndJudge(config), own, listener=listener)
        try:
            summary = write_summary(store, run.run_id, order.out)
        except CallauditError as error:
            faults.append(f"summary: {error}")
            summary = figures(store, Scope(run_id=run.run_id))
        return Result(run, summary, search.n_troubles, _otherwise(store, run.run_id, way.judging), tuple(faults))


def _otherwise(store: Store, run_id: int, judging: str) -> int:
    wanted = (
        select(func.count())
        .select_from(RunTaskRow)
        .join(TaskRow, TaskRow.id == RunTaskRow.task_id)
        .join(CallRow, (CallRow.recording_id == TaskRow.recording_id) & (CallRow.hearing == TaskRow.hearing))
        .join(AuditRow, (AuditRow.call_id == CallRow.id) & AuditRow.latest)
        .join(JudgingRow, JudgingRow.id == AuditRow.judging_id)
        .where(RunTaskRow.run_id == run_id, JudgingRow.judging != judging)
    )
    return store.transact(lambda session: session.execute(wanted).scalar_one(), write=False)
