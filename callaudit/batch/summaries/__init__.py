"""The summary of a night as files: text, JSON, a page and a workbook, each in a file of this package."""

from __future__ import annotations

import tempfile
from datetime import tzinfo
from pathlib import Path

from callaudit.batch.figures import LEAST_CALLS, Summary
from callaudit.batch.scope import Scope
from callaudit.batch.summaries.html import render_html
from callaudit.batch.summaries.json import render_json
from callaudit.batch.summaries.text import render_text
from callaudit.batch.summaries.workbook import write_workbook
from callaudit.batch.summary import figures
from callaudit.errors import CallauditError
from callaudit.files import write_whole
from callaudit.store.database import Store

NAMES = ("summary.txt", "summary.json", "summary.html", "summary.xlsx")
"""What the files are called, in the folder of the audits."""


def write_summary(
    store: Store, scope: int | Scope, out: Path, zone: tzinfo | None = None, *, least_calls: int = LEAST_CALLS
) -> Summary:
    """The figures of a run, or of the calls chosen, written to the four files in `out`.

    Parameters
    ----------
    store : Store
    scope : id of a run, or the choice
    out : folder; it is there
    zone : in which moments are told; by default this machine's
    least_calls : an agent with fewer is not ranked

    Raises
    ------
    StoreError
        No run has that id, or the database cannot be reached.
    CallauditError
        A file cannot be written.
    """
    chosen = Scope(run_id=scope) if isinstance(scope, int) else scope
    summary = figures(store, chosen, least_calls=least_calls)
    try:
        for name, text in zip(
            NAMES, (render_text(summary, zone), render_json(summary), render_html(summary, zone)), strict=False
        ):
            write_whole(out / name, text.encode())
        with tempfile.TemporaryDirectory(prefix="callaudit-") as folder:
            draft = Path(folder) / NAMES[-1]
            write_workbook(store, chosen, summary, draft, zone)
            write_whole(out / NAMES[-1], draft.read_bytes())
    except OSError as error:
        raise CallauditError(f"{out}: cannot write the summary ({error.strerror}); choose another --out") from error
    return summary
