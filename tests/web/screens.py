"""Pictures of every page, to look at: ``python tests/web/screens.py OUT [PAGE ...]``.

Each page of `tests.web.shown` at 1440 and 900 px, light and dark, in Chinese and English; `--few` takes two of the
eight: Chinese, light, wide and English, dark, narrow.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.web.browser import missing, too_wide
from tests.web.lived import lived_in
from tests.web.shown import SHOWN

FEW = (("zh", "light", 1440), ("en", "dark", 900))
TALLEST = 2000
ALL = tuple(product(("zh", "en"), ("light", "dark"), (1440, 900)))


def main(out: Path, names: set[str], kinds: tuple[tuple[str, str, int], ...]) -> None:
    """Takes them."""
    out.mkdir(parents=True, exist_ok=True)
    with lived_in() as (visits, filled):
        for (language, theme, width), shown in product(kinds, SHOWN):
            if names and shown.name not in names:
                continue
            window = visits(shown.user, language=language, theme=theme, size=(width, 900))
            answer = window.goto(shown.path.format(**filled))
            name = f"{shown.name}-{language}-{theme}-{width}"
            height = min(TALLEST, window.page.evaluate("document.documentElement.scrollHeight"))
            clip = {"x": 0, "y": 0, "width": width, "height": max(900, height)}
            window.page.screenshot(path=out / f"{name}.png", full_page=True, clip=clip)
            print(name, answer.status, *window.complaints, *too_wide(window.page), sep="  ")
            visits.close()


if __name__ == "__main__":
    if (why := missing()) is not None:
        sys.exit(why)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    given = [one for one in sys.argv[1:] if one != "--few"]
    main(Path(given[0]), set(given[1:]), FEW if "--few" in sys.argv else ALL)
