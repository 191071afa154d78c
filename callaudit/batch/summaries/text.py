"""The summary for the terminal and for mail: one screen of figures, the worst rules and agents, what failed."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from callaudit.batch.figures import VERDICTS, Summary
from callaudit.batch.summaries.told import Told
from callaudit.reports.console import drawn
from callaudit.reports.wording import percent, points, printable

MOST: Final = 10
"""Rules and agents that are listed; the page and the workbook have more."""


def render_text(summary: Summary, zone: tzinfo | None = None, *, width: int = 100) -> str:
    """The summary as text.

    Parameters
    ----------
    summary : Summary
    zone : that moments are told in; by default this machine's
    width : columns
    """
    told = Told(summary, zone)
    words = told.words
    parts: list[RenderableType] = [Text.assemble((words.TITLE, "bold"), f"  {told.when()}"), "", _facts(told), ""]
    if summary.failures:
        parts += [_title(words.FAILURES), _failures(told), ""]
    if summary.broken:
        parts += [_title(words.WORST_RULES), _rules(told)]
        parts += _more(words.MORE_RULES, len(summary.broken) - MOST)
    elif summary.n_calls:
        parts += [words.NO_BREACHES, ""]
    ranked = [agent for agent in summary.agents if agent.ranked]
    if ranked:
        parts += [_title(words.WORST_AGENTS), _agents(told)]
        parts += [words.AGENTS_HINT.format(n=summary.least_calls), *_more(words.MORE_AGENTS, len(ranked) - MOST)]
    elif summary.n_calls:
        parts.append(words.TOO_FEW.format(n=summary.least_calls))
    return drawn(parts, width=width, color=False)


def _title(text: str) -> Rule:
    return Rule(Text(text, "bold"), align="left", characters="─")


def _more(text: str, n: int) -> list[RenderableType]:
    return [text.format(n=n), ""] if n > 0 else []


def _facts(told: Told) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in told.facts():
        grid.add_row(label, value)
    return grid


def _rules(told: Told) -> Table:
    words, common = told.words, told.common
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("n_violated", "n_applied", "share"):
        table.add_column(words.COLUMNS[name], justify="right", no_wrap=True)
    table.add_column(words.COLUMNS["severity"], no_wrap=True)
    table.add_column(words.COLUMNS["title"], overflow="fold")
    for rule in told.summary.broken[:MOST]:
        severity = common.SEVERITIES[rule.severity] if rule.severity else ""
        table.add_row(str(rule.n_violated), str(rule.n_applied), percent(rule.share), severity, printable(rule.title))
    return table


def _agents(told: Told) -> Table:
    words, common = told.words, told.common
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in (words.MEAN_SCORE, words.COLUMNS["n_calls"], *(common.VERDICTS[verdict] for verdict in VERDICTS)):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(common.AGENT, overflow="fold")
    for agent in [agent for agent in told.summary.agents if agent.ranked][:MOST]:
        counts = [str(agent.verdicts[verdict]) for verdict in VERDICTS]
        table.add_row(points(agent.mean_score), str(agent.n_calls), *counts, told.agent(agent))
    return table


def _failures(told: Told) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for kind, n in told.summary.failures:
        grid.add_row(str(n), told.words.cause(kind))
    return grid
