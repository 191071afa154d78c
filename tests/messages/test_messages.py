"""Every message is there in every language, with the same slots, and none is written into the rules."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import callaudit
from callaudit.messages import LANGUAGES, SEPARATORS, TABLES, message, render

HOUSE = Path(callaudit.__file__).parent
CHINESE = ("words_zh.py", "days.py")
"""The words of Chinese reports, and the names of China's public holidays."""

YES = "是"
"""A value that metadata may hold."""

HAN = re.compile(r"[\u3400-\u9fff]")
ENGLISH_LETTERS = re.compile(r"[A-Za-z]{2}")


def slots(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def trees(folder: str = "") -> Iterator[tuple[Path, ast.Module]]:
    place = HOUSE / folder
    for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
        if file.parent != HOUSE / "messages":
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def texts(tree: ast.Module) -> Iterator[ast.Constant]:
    """The texts of a module that are no docstrings and stand in no expression of their own."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node


def test_every_language_has_the_same_messages_with_the_same_slots() -> None:
    first = TABLES[LANGUAGES[0]]
    for language in LANGUAGES[1:]:
        assert TABLES[language].keys() == first.keys()
        assert SEPARATORS[language].keys() == SEPARATORS[LANGUAGES[0]].keys()
        unlike = [key for key, template in first.items() if slots(TABLES[language][key]) != slots(template)]
        assert not unlike


def test_each_table_is_in_its_own_language() -> None:
    assert not [key for key, template in TABLES["en"].items() if HAN.search(template)]
    told = {key: re.sub(r"\{[^}]*\}", "", template) for key, template in TABLES["zh"].items()}
    assert not [key for key, words in told.items() if ENGLISH_LETTERS.search(words) and not HAN.search(words)]


def test_every_message_is_used_and_every_key_exists() -> None:
    known = TABLES["zh"].keys()
    used = {node.value for _, tree in trees() for node in texts(tree)}
    assert not set(known) - used
    for file, tree in trees():
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "message"):
                continue
            for key in (node.value for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant)):
                if isinstance(key, str) and "." in key:
                    assert key in known, f"{file}:{call.lineno}"
            given = {keyword.arg for keyword in call.keywords}
            if isinstance(call.args[0], ast.Constant) and None not in given:
                assert given == slots(TABLES["zh"][str(call.args[0].value)]), f"{file}:{call.lineno}"


@pytest.mark.parametrize("folder", ["rules", "scoring.py", "reports"])
def test_no_chinese_is_written_into_the_code(folder: str) -> None:
    said = [(file, node) for file, tree in trees(folder) if file.name not in CHINESE for node in texts(tree)]
    assert said
    assert not [f"{file}:{node.lineno}" for file, node in said if HAN.search(node.value) and node.value != YES]


def test_messages_stand_in_messages_and_lists_are_joined() -> None:
    near = message("wording.near", place=message("place.first_turns", n=2), names=("问候", message("count.courtesy")))
    assert render(near, "zh") == "前 2 段话听起来说了问候、礼貌用语，但听得不真"
    assert render(message("text.joined", parts=("one", "two")), "en") == "one; two"
    assert render(message("condition.n_rings", n=1), "en") == "1 ring"
    assert render(message("condition.n_rings", n=3), "en") == "3 rings"


def test_a_value_is_never_read_as_a_template() -> None:
    assert render(message("never.said", heard="{0} {key}"), "zh") == "说了“{0} {key}”"


HEARD = ("timeline.py", "turn_taking.py", "measures", "signals", "speakers", "transcribe", "audio/read.py")
NOT_SAID = re.compile(r"phantoms\.py|audio/names\.py")
"""Words to listen for, not to say."""


def sentences(file: Path) -> Iterator[str]:
    """The Chinese sentences of a module, 9 for whatever stands in their slots."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "9" for part in node.values)
    yield from (node.value for node in texts(tree) if id(node) not in inside)


@pytest.mark.parametrize("place", HEARD)
def test_what_a_call_says_of_itself_has_an_english_sentence(place: str) -> None:
    files = [HOUSE / place] if place.endswith(".py") else sorted((HOUSE / place).rglob("*.py"))
    said = [text for file in files if not NOT_SAID.search(file.as_posix()) for text in sentences(file)]
    assert not [text for text in said if HAN.search(text) and len(text) > 1 and HAN.search(render(text, "en"))]


def test_a_call_speaks_the_language_of_its_report() -> None:
    why = "录音结束前没有忙音，听不出哪一方先挂机"
    assert render(why, "zh") == why
    assert render(message("outcome.not_assessable", why=why), "en").endswith("not known who hung up first")
    assert render("声道1的3.0–4.5秒识别结果不可信（重复不止），未采用", "en") == (
        "channel 1, 3.0–4.5 s: what was recognised is not to be trusted (repeats without end) and was left out"
    )
