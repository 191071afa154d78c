"""Evaluations written down: one file, one format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from callaudit.evaluation.compare import Comparison
from callaudit.evaluation.evaluate import Evaluation
from callaudit.evaluation.reports.html import render_html
from callaudit.evaluation.reports.json import render_json
from callaudit.evaluation.reports.text import render_text

Renderer = Callable[[Evaluation, Comparison | None], str]

FORMATS: Final[dict[str, Renderer]] = {"text": render_text, "json": render_json, "html": render_html}
SUFFIXES: Final = {"text": ".txt", "json": ".json", "html": ".html"}
