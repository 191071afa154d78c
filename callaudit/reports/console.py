"""What every text report of ours is drawn with: the same on any terminal, or none."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich.console import Console, RenderableType


def drawn(parts: Iterable[RenderableType], *, width: int, color: bool) -> str:
    """The parts one below the other, `width` columns wide, without blanks at the ends of lines."""
    page = StringIO()
    console = Console(
        file=page,
        width=width,
        force_terminal=color,
        color_system="256" if color else None,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},  # a report depends on its arguments, not on the terminal of whoever made it
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"
