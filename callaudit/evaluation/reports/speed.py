"""How long a run took, all its calls together."""

from __future__ import annotations

from callaudit.evaluation.evaluate import Evaluation, Timing


def speed(evaluation: Evaluation) -> Timing | None:
    """Sums over the calls audited just now; None where none was."""
    rows = [call.timing for call in evaluation.calls if call.timing is not None]
    if not rows:
        return None
    return Timing(sum(r.wall_s for r in rows), sum(r.cpu_s for r in rows), sum(r.duration_s for r in rows))
