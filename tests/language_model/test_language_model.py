"""A language model behind an address: asked little, believed only where it quotes, its answers kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from callaudit.config import LanguageModelConfig
from callaudit.errors import ConfigError
from callaudit.language_model import OpenAICompatible, make_reader
from callaudit.records import Finding
from callaudit.rules import judge, load_rulebook
from callaudit.rules.aids import Aids, Line, Question
from callaudit.testing.scripts import call_from_script

BOOK = """
name: test
version: "1"
title: 测试
rules:
- id: honest
  title: {zh: 如实推荐, en: honest recommendation}
  severity: SEVERITY
  sources: [{anchor: s3-070, quote: 诚实推荐}]
  check: {operator: needs, what: 理解, understanding: true}
  ask: {question: 客服是否如实推荐，没有夸大？, about: {words: [推荐], who: agent}}
"""
SCRIPT = [
    {"agent": "您好，请问有什么可以帮您？"},
    {"customer": "我的卡号是6222021234567890，想办个套餐。"},
    {"agent": "我推荐您办这个，全国最便宜，谁都比不了。"},
    {"customer": "那好吧。"},
    {"agent": "好的，马上为您办理。"},
    {"customer": "嗯。"},
    {"agent": "办好了，请问还有别的事吗？"},
    {"customer": "没有了，再见。"},
]
QUESTION = Question("客服是否问候？", (Line("agent", "您好，星河银行。"), Line("customer", "你好。")))


@dataclass
class Server:
    """A chat server with replies given in advance, which keeps what it was asked."""

    url: str
    replies: list[str]
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    faults: int = 0


@pytest.fixture
def server() -> Iterator[Server]:
    pytest.importorskip("openai", reason="the extra callaudit[llm] is not installed")
    state = Server("", [])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.keys.append(self.headers["Authorization"])
            status = 200
            if state.faults:
                state.faults -= 1
                status = 503
            else:
                state.asked.append(asked)
            said = state.replies[0] if state.replies else ""
            body = {
                "id": "1", "object": "chat.completion", "created": 0, "model": asked["model"],
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}],
            }  # fmt: skip
            sent = json.dumps(body if status == 200 else {"error": {"message": "busy"}}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield state
    http.shutdown()
    http.server_close()


@pytest.fixture
def found(server: Server, tmp_path: Path) -> Callable[..., Finding]:
    def judged(reply: dict[str, Any] | str, severity: str = "major") -> Finding:
        server.replies[:] = [reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)]
        book = tmp_path / "book.yaml"
        book.write_text(BOOK.replace("SEVERITY", severity), encoding="utf-8")
        reader = make_reader(LanguageModelConfig(base_url=server.url, model="m", cache=str(tmp_path / "answers")))
        findings, failures = judge(call_from_script(SCRIPT), load_rulebook(book), Aids(reader=reader))
        assert not failures
        return findings[0]

    return judged


def test_nothing_is_asked_unless_an_address_is_configured() -> None:
    assert make_reader(LanguageModelConfig()) is None


def test_without_a_reader_the_rule_says_what_it_lacks(tmp_path: Path) -> None:
    book = tmp_path / "book.yaml"
    book.write_text(BOOK.replace("SEVERITY", "major"), encoding="utf-8")
    finding = judge(call_from_script(SCRIPT), load_rulebook(book))[0][0]
    assert (finding.status, finding.layer) == ("not_assessable", None)


def test_a_quoted_breach_counts_with_little_confidence(found: Callable[..., Finding]) -> None:
    finding = found({"verdict": "broken", "line": 2, "quote": "全国最便宜"})
    assert (finding.status, finding.layer, finding.confidence) == ("violated", "model", 0.6)
    assert finding.quote == SCRIPT[2]["agent"]
    assert "全国最便宜" in str(finding.matched)
    assert finding.places[0].speaker == "agent"


def test_a_critical_rule_is_never_broken_by_a_model_alone(found: Callable[..., Finding]) -> None:
    finding = found({"verdict": "broken", "line": 2, "quote": "全国最便宜"}, "critical")
    assert finding.status == "not_assessable"
    assert finding.places


@pytest.mark.parametrize(
    "reply",
    [
        {"verdict": "broken", "line": 2, "quote": "世界第一"},  # said by nobody
        {"verdict": "broken", "line": 9, "quote": "全国最便宜"},  # no such line
        {"verdict": "broken", "line": 3, "quote": "那好吧"},  # the customer's
        {"verdict": "broken", "line": 2, "quote": ""},
        {"verdict": "cannot_tell", "line": None, "quote": ""},
        {"verdict": "guilty", "line": 2, "quote": "全国最便宜"},
        "我认为违反了规定。",
        "",
    ],
)
def test_what_does_not_stand_in_the_transcript_is_not_believed(found: Callable[..., Finding], reply: Any) -> None:
    finding = found(reply)
    assert (finding.status, finding.layer) == ("not_assessable", None)


def test_kept_and_no_occasion(found: Callable[..., Finding], tmp_path: Path) -> None:
    assert found('好的：```json\n{"verdict": "kept", "line": 2, "quote": "我推荐您办这个"}\n```').status == "passed"
    for file in (tmp_path / "answers").iterdir():
        file.unlink()
    assert found({"verdict": "no_occasion"}).status == "not_applicable"


def test_only_the_turns_named_are_sent_with_numbers_masked(found: Callable[..., Finding], server: Server) -> None:
    found({"verdict": "cannot_tell"})
    sent = json.dumps(server.asked[0], ensure_ascii=False)
    assert "请问有什么可以帮您" not in sent  # two turns before the situation
    assert "请问还有别的事吗" not in sent  # beyond three after it
    assert "6222" not in sent
    assert "＊" in sent
    assert server.asked[0]["temperature"] == 0


def test_without_a_situation_or_window_the_turns_around_what_was_found_are_sent(server: Server, tmp_path: Path) -> None:
    book = yaml.safe_load(BOOK.replace("SEVERITY", "major"))
    rule = book["rules"][0]
    rule["check"]["show"] = {"words": ["推荐"], "who": "agent"}
    del rule["ask"]["about"]
    file = tmp_path / "book.yaml"
    file.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    server.replies[:] = ['{"verdict": "cannot_tell"}']
    reader = make_reader(LanguageModelConfig(base_url=server.url, model="m", cache=str(tmp_path)))
    judge(call_from_script(SCRIPT), load_rulebook(file), Aids(reader=reader))
    sent = json.dumps(server.asked[0], ensure_ascii=False)
    assert "我推荐您办这个" in sent
    assert "请问还有别的事吗" not in sent


def test_an_answer_is_kept_and_holds_no_words(found: Callable[..., Finding], server: Server, tmp_path: Path) -> None:
    first = found({"verdict": "broken", "line": 2, "quote": "全国最便宜"})
    assert found({"verdict": "kept", "line": 2, "quote": "我推荐您"}) == first
    assert len(server.asked) == 1
    (file,) = (tmp_path / "answers").iterdir()
    assert "便宜" not in file.read_text(encoding="utf-8")
    file.write_text('{"reply": "bro')  # the disk was full
    assert found({"verdict": "kept", "line": 2, "quote": "我推荐您"}).status == "passed"


def test_a_server_that_is_busy_is_asked_again(found: Callable[..., Finding], server: Server) -> None:
    server.faults = 1
    assert found({"verdict": "broken", "line": 2, "quote": "全国最便宜"}).status == "violated"
    assert len(server.keys) == 2


def test_a_server_that_is_away_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="the extra callaudit[llm] is not installed")
    config = LanguageModelConfig(base_url="http://127.0.0.1:9/v1", model="m", retries=0, cache=str(tmp_path))
    reader = make_reader(config)
    assert reader is not None
    assert reader.read(QUESTION) is None
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_loses_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    reader = OpenAICompatible("m", lambda _: '{"verdict": "kept", "line": 1, "quote": "您好"}', tmp_path / "file" / "x")
    answer = reader.read(QUESTION)
    assert answer is not None
    assert answer.reply == "kept"


def test_a_key_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai", reason="the extra callaudit[llm] is not installed")
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(ConfigError, match="NO_SUCH_KEY"):
        make_reader(LanguageModelConfig(base_url="http://127.0.0.1:9/v1", model="m", api_key_env="NO_SUCH_KEY"))


def test_the_key_is_sent(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "s3cret")
    server.replies[:] = ['{"verdict": "cannot_tell"}']
    config = LanguageModelConfig(base_url=server.url, model="m", api_key_env="MY_KEY", cache=str(tmp_path))
    reader = make_reader(config)
    assert reader is not None
    reader.read(QUESTION)
    assert server.keys == ["Bearer s3cret"]


def test_a_question_too_short_is_refused(tmp_path: Path) -> None:
    book = yaml.safe_load(BOOK.replace("SEVERITY", "major"))
    book["rules"][0]["ask"]["question"] = "好吗"
    file = tmp_path / "book.yaml"
    file.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    with pytest.raises(Exception, match="question"):
        load_rulebook(file)
