"""What a rescore changed: whose verdict flips, whose score moves, and which rules are the cause."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.store.entries import JudgementEntry
from callaudit.store.tables import AuditRow, BreachRow, KeptRow

SHEET = "(sheet)"
"""What stands for the scoring sheet among the causes: no finding differs, and still the points do."""

WORST = ("fail", "review", "pass")


@dataclass(frozen=True, slots=True)
class Standing:
    """What lists show of a judgement: `breaches` holds severity and times by rule, `unassessed` rules left open."""

    verdict: str
    score: float | None
    sheet: str | None
    breaches: Mapping[str, tuple[str, int]]
    unassessed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shift:
    """A call whose verdict or score is another now; `causes` are the rules that say why, with a sign (+ broken now)."""

    call_id: int
    path: str
    agent_id: str | None
    before: str
    after: str
    score_before: float | None
    score_after: float | None
    causes: tuple[str, ...]

    @property
    def flips(self) -> bool:
        """Whether the verdict is another."""
        return self.before != self.after


@dataclass(slots=True)
class Tally:
    """Shifts counted; `flips` are kept, the others only told to whoever writes them down."""

    n_calls: int = 0
    n_scores: int = 0
    by_verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    by_agent: Counter[tuple[str, str]] = field(default_factory=Counter)
    flips: list[Shift] = field(default_factory=list)

    def add(self, shift: Shift | None) -> None:
        """Counts a call, with what shifted in it."""
        self.n_calls += 1
        if shift is None:
            return
        self.n_scores += shift.score_before != shift.score_after
        if shift.flips:
            self.flips.append(shift)
            self.by_verdicts[shift.before, shift.after] += 1
            self.by_rule.update({cause.lstrip("+-~?") for cause in shift.causes})
            worse = WORST.index(shift.after) < WORST.index(shift.before)
            self.by_agent[shift.agent_id or "", "worse" if worse else "better"] += 1


def standing_of(entry: JudgementEntry) -> Standing:
    """What lists will show of a judgement."""
    breaches = {breach.rule: (breach.severity, breach.times) for breach in entry.breaches}
    return Standing(entry.verdict, entry.score, entry.sheet, breaches, frozenset(entry.unassessed))


def standings(session: Session, audit_ids: Collection[int]) -> dict[int, Standing]:
    """What lists show of judgements."""
    columns = (AuditRow.id, AuditRow.verdict, AuditRow.score, AuditRow.sheet)
    rows = session.execute(select(*columns).where(AuditRow.id.in_(audit_ids))).all()
    breaches: dict[int, dict[str, tuple[str, int]]] = {row.id: {} for row in rows}
    for one in session.execute(
        select(BreachRow.audit_id, BreachRow.rule, BreachRow.severity, BreachRow.times).where(
            BreachRow.audit_id.in_(audit_ids)
        )
    ):
        breaches[one.audit_id][one.rule] = (one.severity, one.times)
    kept = select(KeptRow.audit_id, KeptRow.unassessed).where(KeptRow.audit_id.in_(audit_ids))
    open_rules = {row.audit_id: frozenset(row.unassessed.split()) for row in session.execute(kept)}
    return {
        row.id: Standing(row.verdict, row.score, row.sheet, breaches[row.id], open_rules.get(row.id, frozenset()))
        for row in rows
    }


def shift_between(call_id: int, path: str, agent_id: str | None, old: Standing, new: Standing) -> Shift | None:
    """What shifted in a call; None where neither verdict nor score did."""
    if (old.verdict, old.score) == (new.verdict, new.score):
        return None
    causes = (*_causes(old, new),) or (SHEET,)
    return Shift(call_id, path, agent_id, old.verdict, new.verdict, old.score, new.score, causes)


def _causes(old: Standing, new: Standing) -> Iterator[str]:
    """+ broken now, - broken no more, ~ broken otherwise (severity, times), ? to be told no more, or again."""
    for rule in sorted(old.breaches.keys() | new.breaches.keys()):
        if rule not in old.breaches:
            yield f"+{rule}"
        elif rule not in new.breaches:
            yield f"-{rule}"
        elif old.breaches[rule] != new.breaches[rule]:
            yield f"~{rule}"
    moved = old.unassessed ^ new.unassessed
    yield from (f"?{rule}" for rule in sorted(moved - old.breaches.keys() - new.breaches.keys()))


# ── as files ─────────────────────────────────────────────────────────────────────────────────────────────────────
COLUMNS = ("call_id", "path", "agent_id", "before", "after", "score_before", "score_after", "causes")


class ShiftFile:
    """Shifts as rows of a CSV file, each written as it is found."""

    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.writer(file)
        self._writer.writerow(COLUMNS)

    def add(self, shift: Shift) -> None:
        row = asdict(shift) | {"causes": " ".join(shift.causes)}
        self._writer.writerow(["" if row[key] is None else _unarmed(row[key]) for key in COLUMNS])


def _unarmed(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula, as text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "@", "\t", "\r") else value


def tally_document(tally: Tally) -> dict[str, Any]:
    """The tally as JSON has it."""
    return {
        "calls": tally.n_calls,
        "scores_changed": tally.n_scores,
        "verdicts_changed": len(tally.flips),
        "verdicts": [{"before": a, "after": b, "calls": n} for (a, b), n in sorted(tally.by_verdicts.items())],
        "rules": [{"rule": rule, "calls": n} for rule, n in _most(tally.by_rule)],
        "agents": [
            {"agent_id": agent, "worse": tally.by_agent[agent, "worse"], "better": tally.by_agent[agent, "better"]}
            for agent in sorted({agent for agent, _ in tally.by_agent})
        ],
        "flips": [asdict(shift) | {"causes": list(shift.causes)} for shift in tally.flips],
    }


def tally_json(tally: Tally) -> str:
    """The tally as a JSON file."""
    return json.dumps(tally_document(tally), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def tally_text(tally: Tally, most: int = 20) -> str:
    """The tally for people, with the first `most` of each list."""
    out = io.StringIO()
    out.write(f"{tally.n_calls} calls; {tally.n_scores} scores changed, {len(tally.flips)} verdicts\n")
    for (before, after), n in sorted(tally.by_verdicts.items()):
        out.write(f"  {before} → {after}: {n}\n")
    if tally.flips:
        out.write("by rule (verdicts that it helped to change)\n")
        out.writelines(f"  {n:6d}  {rule}\n" for rule, n in _most(tally.by_rule)[:most])
        out.write("by agent (worse / better)\n")
        agents = Counter({agent: 0 for agent, _ in tally.by_agent})
        for (agent, _), n in tally.by_agent.items():
            agents[agent] += n
        for agent, _ in _most(agents)[:most]:
            out.write(f"  {tally.by_agent[agent, 'worse']:6d} / {tally.by_agent[agent, 'better']}  {agent or '—'}\n")
        out.write("calls\n")
        out.writelines(_lines(tally.flips[:most]))
        if len(tally.flips) > most:
            out.write(f"  … and {len(tally.flips) - most} more\n")
    return out.getvalue()


def _lines(shifts: Iterable[Shift]) -> Iterator[str]:
    for one in shifts:
        scores = f"{_points(one.score_before)} → {_points(one.score_after)}"
        yield f"  {one.call_id}  {one.before} → {one.after}  {scores}  {' '.join(one.causes)}  {one.path}\n"


def _points(score: float | None) -> str:
    return "—" if score is None else f"{score:.1f}"


def _most(counted: Counter[str]) -> Sequence[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
