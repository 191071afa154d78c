"""Writes the audits that the benchmark table is made of: OUT/<condition>/<system>/<call>.json; see README.md."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from baselines import BASELINES
from labelled_calls import Labelled, copy_degraded, labelled

from callaudit.config import Config
from callaudit.pipeline import Auditor, audit_file
from callaudit.reports.json import audit_document
from callaudit.testing.degrade import CONDITIONS

SYSTEMS = ("callaudit", *BASELINES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, help="folder with labels/ and audio/")
    parser.add_argument("out", type=Path, help="results and degraded copies are kept here; what is there is not redone")
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--every", type=int, default=1, help="take every n-th call only")
    args = parser.parse_args()
    for condition in args.conditions:
        copies = args.out / condition
        copy_degraded(args.dataset, condition, copies, every=args.every)
        for system in args.systems:
            wanted = {call.id for call in labelled(args.dataset, every=args.every)}
            _run(system, copies, [call for call in labelled(copies) if call.id in wanted])


def _run(system: str, copies: Path, calls: Sequence[Labelled]) -> None:
    folder = copies / system
    folder.mkdir(exist_ok=True)
    tool = _callaudit() if system == "callaudit" else BASELINES[system]
    for call in calls:
        to = folder / f"{call.id}.json"
        if to.exists():
            continue
        started_s = time.process_time()
        document = tool(call)
        document["cpu_s"] = round(time.process_time() - started_s, 3)
        to.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        print(copies.name, system, call.id, document["cpu_s"], file=sys.stderr, flush=True)


def _callaudit() -> Callable[[Labelled], dict[str, Any]]:
    auditor = Auditor.from_config(Config())
    return lambda call: dict(audit_document(audit_file(call.path, auditor)))


if __name__ == "__main__":
    main()
