"""What a stored call and a stored judgement depend on, as digests: whoever has the same ones need not work again.

`hearing` is all that shapes what is heard in a recording: the model, its settings, how recordings are described, what
is masked, the schema. Neither the rulebook (that is a judgement's) nor callaudit's version are in it, nor what only
says how fast it goes (threads, device).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from callaudit.config import Config
from callaudit.models import resolve
from callaudit.records import JsonValue
from callaudit.reports.json import SCHEMA
from callaudit.rules import Rulebook
from callaudit.rules.aids import Aids
from callaudit.rules.digests import code_digest


def hearing_digest(config: Config) -> str:
    """Digest of everything that shapes what is heard; finds the model's files and loads none of them.

    Raises
    ------
    ModelMissing, EngineError
        The model is not here and cannot be had.
    """
    engine, model = config.engine, resolve(config.engine.model)
    return _digest(
        {
            "schema": SCHEMA,
            "model": model.name,
            "model_sha256": model.sha256,
            "compute_type": engine.compute_type,
            "beam_size": engine.beam_size,
            "language": engine.language,
            "recordings": asdict(config.recordings),
            "mask": list[JsonValue](sorted(config.privacy.mask)),
        }
    )


def judging_digest(rulebook: Rulebook, aids: Aids, sheet: str | None = None) -> str:
    """Digest of everything that shapes a judgement: rulebook, sheet asked for, who helps to judge, and the software."""
    return _digest(
        {
            "software": code_digest(),
            "rulebook_sha256": rulebook.sha256,
            "sheet": sheet,
            "encoder": None if aids.encoder is None else aids.encoder.name,
            "language_model": None if aids.reader is None else aids.reader.name,
            "report_language": rulebook.language,
        }
    )


def _digest(parts: dict[str, JsonValue]) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
