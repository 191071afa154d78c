"""Labelled calls, and degraded copies of them that every tool reads like any others: DATASET/{labels,audio}/."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from callaudit.audio import read_audio
from callaudit.records import Audio
from callaudit.spans import Span, merge
from callaudit.testing.degrade import degrade, gain_to_faint_db, speech_levels_dbov


@dataclass(frozen=True, slots=True)
class Labelled:
    """A call with its truth; `truth` is the label as JSON has it."""

    id: str
    path: Path
    truth: dict[str, Any]

    @property
    def audio(self) -> Audio:
        return read_audio(self.path)[1]

    @property
    def speech(self) -> dict[int, tuple[Span, ...]]:
        """Where each channel speaks, by the label."""
        return {
            channel: merge(
                Span(turn["start"], turn["end"]) for turn in self.truth["turns"] if who in ("mixed", turn["role"])
            )
            for channel, who in enumerate(self.truth["channels"])
        }


def labelled(dataset: Path, *, every: int = 1) -> Iterator[Labelled]:
    """The calls of a data set in the order of their names, or every n-th of them."""
    paths = sorted(path for path in (dataset / "labels").glob("*.json") if not path.name.startswith("_"))
    if not paths:
        raise SystemExit(f"no labels in {dataset / 'labels'}")
    for path in paths[::every]:
        truth = json.loads(path.read_text(encoding="utf-8"))
        yield Labelled(path.stem, dataset / "audio" / truth["audio"], truth)


def copy_degraded(dataset: Path, condition: str, to: Path, *, every: int = 1) -> None:
    """Writes the data set under a condition; what is there already stays.

    The labels say what is true of the copy: where the level was changed by a known gain, theirs is changed with it, and
    where it no longer is what it was (gain control) there is none.
    """
    for folder in ("labels", "audio"):
        (to / folder).mkdir(parents=True, exist_ok=True)
    for call in labelled(dataset, every=every):
        label = to / "labels" / f"{call.id}.json"
        if label.exists():
            continue
        audio = call.audio
        made = degrade(audio, condition, speech=call.speech)
        name = f"{call.id}.flac"
        rows = np.stack([row[:] for row in made.channels], axis=1)
        soundfile.write(to / "audio" / name, rows, made.sample_rate_hz, subtype="PCM_16")
        sidecar = call.path.with_suffix(".meta.json")
        if sidecar.exists():
            shutil.copyfile(sidecar, to / "audio" / sidecar.name)
        turns = [turn | {"level_dbov": _level(call, audio, turn, condition)} for turn in call.truth["turns"]]
        truth = call.truth | {"audio": name, "turns": turns}
        label.write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")


def _level(call: Labelled, audio: Audio, turn: dict[str, Any], condition: str) -> float | None:
    if condition == "agc":
        return None
    if condition != "faint40":
        return float(turn["level_dbov"])
    who = [turn["role"] if "mixed" not in call.truth["channels"] else "mixed"]
    channel = call.truth["channels"].index(who[0])
    return float(turn["level_dbov"]) + gain_to_faint_db(speech_levels_dbov(audio, call.speech)[channel])
