"""A fault in a rulebook is named on one line: file, line, field, what was wanted and what was got."""

from __future__ import annotations

import pickle
from pathlib import Path
from textwrap import dedent

import pytest

from callaudit.errors import RulebookError
from callaudit.rules import load_rulebook

GOOD = """
name: small
version: "1"
title: 小规则
phrases:
  bye: [再见]
situations:
  thanks: {title: 客户致谢, words: [谢谢]}
rules:
  - id: say-goodbye
    title: {zh: 再见, en: Goodbye}
    severity: minor
    sources: [{anchor: s0-001, quote: 再见}]
    check:
      operator: say
      any: ['@bye']
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "book.yaml"
    file.write_text(dedent(text).lstrip(), encoding="utf-8")
    return file


def test_a_single_file_is_a_rulebook(tmp_path: Path) -> None:
    book = load_rulebook(written(tmp_path, GOOD))
    assert [rule.id for rule in book.rules] == ["say-goodbye"]
    assert book.rule("say-goodbye").checks[0].options.any == ("再见",)


ANY = "any: ['@bye']"
CHECK = "operator: say\n      any: ['@bye']"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("severity: minor", "severity: bad", 11, "severity"),
        ("severity: minor", "severity: minor\n    colour: red", 12, "colour: there is no such option"),
        ("operator: say", "operator: sya", 14, "no operator is named 'sya'; did you mean say?"),
        (ANY, "any: ['@by']", 15, "no phrases are named @by; did you mean bye?"),
        (ANY, "anny: ['@bye']", 15, "check.anny: there is no such option; did you mean any?"),
        (ANY, "any: []", 13, "say needs any, parts or refuse"),
        (ANY, "any: ['请(稍等']", 15, "phrase '请(稍等'"),
        (ANY, "any: [再见]\n      where: opeming", 16, "no window is named 'opeming'"),
        (ANY, "any: [再见]\n      least: 2", 16, "less than or equal to 1, got 2"),
        (CHECK, "operator: respond\n      trigger: thnks", 15, "did you mean thanks?"),
        (CHECK, "operator: summary\n      rules: [say-godbye]", 13, "did you mean say-goodbye?"),
        (CHECK, "operator: measure\n      name: x\n      most: a lot", 16, "wanted a number"),
        (CHECK, "operator: hold\n      kinds: [musik]", 15, "'music', 'silent' or 'pause'"),
        ("sources: [{anchor: s0-001, quote: 再见}]", "sources: []", 12, "must not be empty"),
        ("    severity: minor\n", "", 9, "severity: is missing"),
        ("  bye: [再见]", "  bye: ['@bye']", 5, "@bye stands for itself"),
        ("words: [谢谢]", "least: 0.8", 7, "a cue needs words"),
        ("id: say-goodbye", "id: Say Goodbye", 9, "should match pattern"),
        ("title: 小规则", "titel: 小规则", 3, "did you mean title?"),
        ("title: 小规则", "title: [", 5, "not YAML"),
        ("title: 小规则", "title: 小规则\nextends: nowhere", 4, "no such rulebook"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    file = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(RulebookError) as caught:
        load_rulebook(file)
    message = str(caught.value)
    assert said in message
    assert message.startswith(f"{file}:{line}:"), message
    assert "\n" not in message


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    rule = GOOD[GOOD.index("  - id") :]
    with pytest.raises(RulebookError, match=r"book\.yaml:16: .*two rules have the id say-goodbye"):
        load_rulebook(written(tmp_path, GOOD + rule))


def test_no_such_rulebook_names_the_built_in_ones() -> None:
    with pytest.raises(RulebookError, match=r"wanted a file, a folder or one of .*etiquette-zh"):
        load_rulebook("nowhere")


def test_a_folder_without_rulebook_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match=r"no rulebook\.yaml in this folder"):
        load_rulebook(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "book.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RulebookError, match="cannot be read as UTF-8 text"):
        load_rulebook(file)


def test_an_error_survives_pickling(tmp_path: Path) -> None:
    with pytest.raises(RulebookError) as caught:
        load_rulebook(tmp_path / "none.yaml")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_an_extension_overrides_one_option_and_keeps_the_rest(tmp_path: Path) -> None:
    base = load_rulebook("etiquette-zh")
    file = written(
        tmp_path,
        """
        name: ours
        version: "1"
        title: 我们的规则
        extends: etiquette-zh
        disabled: [closing-goodbye]
        settings: {pass_from: 90}
        rules:
          - id: answer-within-three-rings
            severity: critical
            check: {rings_most: {value: 4, from: source}}
        """,
    )
    ours = load_rulebook(file)
    rule = ours.rule("answer-within-three-rings")
    assert rule.severity == "critical"
    assert rule.checks[0].options.rings_most.value == 4
    assert rule.checks[0].options.seconds_most == base.rule(rule.id).checks[0].options.seconds_most
    assert rule.chapter == "opening"
    assert ours.settings.pass_from == 90
    assert ours.settings.fail_below == base.settings.fail_below
    assert {r.id for r in base.rules} - {r.id for r in ours.rules} == {"closing-goodbye"}
    assert ours.sha256 != base.sha256


def test_the_digest_follows_what_judges_and_not_the_examples(tmp_path: Path) -> None:
    digest = load_rulebook(written(tmp_path, GOOD)).sha256
    assert load_rulebook(written(tmp_path, GOOD + "    note: why\n    passes: [[{agent: 再见。}]]\n")).sha256 == digest
    assert load_rulebook(written(tmp_path, GOOD.replace("[再见]", "[再会]"))).sha256 != digest


def test_the_digest_is_the_same_every_time() -> None:
    assert load_rulebook("etiquette-zh").sha256 == load_rulebook("etiquette-zh").sha256
