"""Progress of a long piece of work, told to whoever wants to draw it."""

from __future__ import annotations


class Progress:
    """Hears of every step and does nothing; a caller that draws bars passes a subclass."""

    def step(self, name: str, done: float, total: float) -> None:
        """The stage `name` has done `done` of `total` (any unit; total > 0)."""


SILENT = Progress()
