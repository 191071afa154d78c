"""Prints what each layer of matching contributes to the findings of a folder of audits (`callaudit audit --json`)."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

LAYERS = ("exact", "sound", "pattern", "meaning", "model", None)
STATUSES = ("violated", "passed", "not_assessable")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audits", type=Path, help="folder with audits in JSON")
    found = counted(parser.parse_args().audits)
    print(f"{'layer':<16}" + "".join(f"{status:>22}" for status in STATUSES))
    for layer in LAYERS:
        cells = (_cell(found, status, layer) for status in STATUSES)
        print(f"{layer or 'no word matched':<16}" + "".join(f"{cell:>22}" for cell in cells))


def counted(folder: Path) -> Counter[tuple[str, str | None]]:
    """How many findings there are of each status and layer."""
    audits = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json")))
    return Counter((finding["status"], finding["layer"]) for audit in audits for finding in audit["findings"])


def _cell(found: Counter[tuple[str, str | None]], status: str, layer: str | None) -> str:
    whole = sum(n for (own, _), n in found.items() if own == status)
    n = found[status, layer]
    return f"{n} ({n / whole:.1%})" if whole else "0"


if __name__ == "__main__":
    main()
