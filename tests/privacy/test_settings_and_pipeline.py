"""Where masking is switched on, and the one place where it is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import callaudit.evaluation.hearing as evaluation
import callaudit.pipeline as pipeline
from callaudit.cli.settings import masked_kinds, settings
from callaudit.config import Config, PrivacyConfig
from callaudit.errors import ConfigError
from callaudit.pipeline import Auditor, hear_file
from callaudit.privacy import KINDS
from callaudit.testing.scripts import call_from_script
from tests.books import built_in


def test_kinds_on_the_command_line() -> None:
    assert settings(None, {}).privacy.mask == ("card", "code")
    assert settings(None, {"mask": "phone, card"}).privacy.mask == ("card", "phone")
    assert settings(None, {"mask": "none"}).privacy.mask == ()
    assert masked_kinds("all") == KINDS
    with pytest.raises(ConfigError, match="no kind is named 'cards'"):
        settings(None, {"mask": "cards"})


def test_an_option_outranks_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[privacy]\nmask = ["name"]\nsilence = []\n')
    assert settings(tmp_path / "c.toml", {}).privacy == PrivacyConfig(("name",), ())
    assert settings(tmp_path / "c.toml", {"mask": "plate"}).privacy == PrivacyConfig(("plate",), ())


def test_a_file_is_heard_masked_and_a_labelled_call_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    call = call_from_script([{"customer": "验证码是四八二九一六"}])
    for module in (pipeline, evaluation):
        monkeypatch.setattr(module, "read_audio", lambda *_, **__: (call.recording, None))
        monkeypatch.setattr(module, "hear", lambda *_, **__: call)
    nobody: Any = None
    auditor = Auditor(Config(), nobody, built_in("etiquette-zh"))
    assert hear_file("call.wav", auditor).turns[0].text == "验证码是＊＊＊＊＊＊"
    unmasked = replace(auditor, config=Config(privacy=PrivacyConfig(mask=())))
    assert hear_file("call.wav", unmasked) == call
    evaluated = evaluation._audit(Path("call.wav"), auditor, None, pipeline.SILENT)
    assert evaluated.call.turns[0].text == "验证码是四八二九一六"
