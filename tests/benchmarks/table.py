"""Prints the benchmark table, Markdown, of what run.py wrote; see README.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from callaudit.evaluation import Evaluation, evaluate, find_hypothesis, find_labels, read_hypothesis, read_labels
from callaudit.testing.degrade import CONDITIONS

COLUMNS = {
    "speech_f1_stereo": "speech F1 stereo",
    "speech_f1_mono": "speech F1 mono",
    "speaker_time_f1_stereo": "speaker F1 stereo",
    "speaker_time_f1_mono": "speaker F1 mono",
    "hold_f1": "hold F1",
    "silence_f1": "silence F1",
    "overlap_f1_stereo": "overlap F1",
    "cer_stereo": "CER stereo",
    "cer_mono_any": "CER mono",
    "syllable_error_stereo": "syllable error stereo",
    "syllable_error_mono_any": "syllable error mono",
    "ring_count_exact": "rings exact",
    "answer_error_median": "answer s",
    "level_error_median": "level dB",
    "rate_error_median": "rate",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="+", help="folders written by run.py")
    args = parser.parse_args()
    print("| condition | system | calls |", " | ".join(COLUMNS.values()), "|")
    print("|---|---|--:|" + "--:|" * len(COLUMNS))
    for results in args.results:
        for condition in CONDITIONS:
            folder = results / condition
            if (folder / "labels").is_dir():
                print("\n".join(_rows(condition, folder)))


def _rows(condition: str, folder: Path) -> Sequence[str]:
    """One row a system; all over the calls that every system has, so that they can be compared."""
    truths, faults = read_labels(find_labels(folder / "labels"))
    if faults:
        raise SystemExit(f"{faults[0]}")
    systems = {
        path.name: {truth.id: at for truth in truths if (at := find_hypothesis(path, truth.id)) is not None}
        for path in sorted(folder.iterdir())
        if path.is_dir() and path.name not in ("labels", "audio")
    }
    systems = {name: found for name, found in systems.items() if found}
    common = set.intersection(*(set(found) for found in systems.values())) if systems else set()
    rows = []
    for name, found in systems.items():
        audits = {call: heard for call in sorted(common) if (heard := read_hypothesis(found[call])) is not None}
        evaluation = evaluate([truth for truth in truths if truth.id in common], audits)
        rows.append(f"| {condition} | {name} | {len(common)} | " + " | ".join(_cells(evaluation)) + " |")
    return rows


def _cells(evaluation: Evaluation) -> Sequence[str]:
    values = [evaluation.figure(name).value for name in COLUMNS]
    return ["" if value is None else f"{value:.3f}" for value in values]


if __name__ == "__main__":
    main()
