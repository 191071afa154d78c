"""Held against the truth: how well calls are heard and judged, from labels that people wrote.

`evaluate(truths, audits)` makes the figures, `compare(before, after)` holds two runs side by side, `render_evaluation`
writes them down. The layout of labels is documented in README.md beside this file.
"""

from callaudit.evaluation.compare import Comparison, compare
from callaudit.evaluation.evaluate import Evaluation, Timing, evaluate
from callaudit.evaluation.figures import Figure
from callaudit.evaluation.hypothesis import Hypothesis, find_hypothesis, hypothesis_of, read_hypothesis
from callaudit.evaluation.labels import find_labels, read_label, read_labels
from callaudit.evaluation.truth import Truth

__all__ = [
    "Comparison",
    "Evaluation",
    "Figure",
    "Hypothesis",
    "Timing",
    "Truth",
    "compare",
    "evaluate",
    "find_hypothesis",
    "find_labels",
    "hypothesis_of",
    "read_hypothesis",
    "read_label",
    "read_labels",
]
