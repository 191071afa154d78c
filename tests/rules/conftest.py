"""`judged(rule, script)`: one rule in YAML on one call script."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from callaudit.records import Finding
from callaudit.rules import Rulebook, judge, load_rulebook
from callaudit.testing.other_calls import aids_from_script
from callaudit.testing.scripts import call_from_script


def _book_of(folder: Path, *rules: str, **more: str) -> Rulebook:
    entries = []
    for number, text in enumerate(rules, 1):
        own = {"id": f"rule-{number}", "title": {"zh": "规则", "en": "rule"}, "severity": "minor"}
        entries.append({**own, "sources": [{"anchor": "s0-001", "quote": "规则"}], **yaml.safe_load(text)})
    head = {"name": "test", "version": "1", "title": "测试", "rules": entries}
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump({**head, **{k: yaml.safe_load(v) for k, v in more.items()}}, allow_unicode=True))
    return load_rulebook(file)


@pytest.fixture
def book_of(tmp_path: Path) -> Callable[..., Rulebook]:
    """A rulebook of rules given as YAML mappings, with what no test is about filled in."""
    return partial(_book_of, tmp_path)


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Finding]:
    """The finding of one rule, given as YAML, on a call script."""

    def judged_one(rule: str, script: Any, **more: str) -> Finding:
        findings, failures = judge(call_from_script(script), _book_of(tmp_path, rule, **more), aids_from_script(script))
        assert failures == ()
        assert len(findings) == 1
        return findings[0]

    return judged_one
