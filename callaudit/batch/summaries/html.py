"""The summary as one self-contained page that opens offline; nothing is fetched and nothing runs."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from markupsafe import Markup

from callaudit.batch.figures import VERDICTS, Summary
from callaudit.batch.summaries.told import Told
from callaudit.reports.page import environment, policy, resource

PACKAGE: Final = "callaudit.batch.summaries"
MOST_RULES: Final = 20
MOST_AGENTS: Final = 20


def render_html(summary: Summary, zone: tzinfo | None = None) -> str:
    """The page; moments are told in `zone`, by default this machine's."""
    told = Told(summary, zone)
    ranked = [agent for agent in summary.agents if agent.ranked]
    style = resource("report.css") + resource("summary.css", PACKAGE)
    return (
        environment(PACKAGE)
        .get_template("summary.html.j2")
        .render(
            told=told,
            summary=summary,
            words=told.words,
            wording=told.common,
            verdicts=VERDICTS,
            bar=_bar(summary),
            rules=summary.broken[:MOST_RULES],
            n_more_rules=max(0, len(summary.broken) - MOST_RULES),
            agents=ranked[:MOST_AGENTS],
            n_more_agents=max(0, len(ranked) - MOST_AGENTS),
            policy=policy(style),
            style=Markup(style),  # our own file, not text from a call
        )
    )


def _bar(summary: Summary) -> list[tuple[str, float, float]]:
    """The verdicts as stretches of a bar: name, start and width in percent; those without a call are left out."""
    stretches: list[tuple[str, float, float]] = []
    start = 0.0
    for verdict in VERDICTS:
        width = 100 * summary.verdicts[verdict] / summary.n_calls if summary.n_calls else 0.0
        if width:
            stretches.append((verdict, round(start, 2), round(width, 2)))
        start += width
    return stretches
