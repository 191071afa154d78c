"""Asking a chat model behind an OpenAI-compatible address, and keeping its answers."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pydantic import TypeAdapter, ValidationError

from callaudit.config import LanguageModelConfig
from callaudit.errors import ConfigError
from callaudit.language_model.prompt import messages, understood
from callaudit.models import cache_dir
from callaudit.rules.aids import Answer, Question

log = logging.getLogger(__name__)

_ANSWER = TypeAdapter(Answer)
SEED = 7
MOST_TOKENS = 400


def make_reader(config: LanguageModelConfig) -> OpenAICompatible | None:
    """The reader that the settings describe; None where no address is configured.

    Raises
    ------
    ConfigError
        The package `openai` is missing, or the environment variable that should hold the key is not set.
    """
    if config.base_url is None:
        return None
    try:
        import openai
    except ImportError as error:
        raise ConfigError('a language model needs the package openai: pip install "callaudit[llm]"') from error
    key = os.environ.get(config.api_key_env) if config.api_key_env else "none"
    if not key:
        raise ConfigError(f"language_model.api_key_env: the environment variable {config.api_key_env} is not set")
    client = openai.OpenAI(base_url=config.base_url, api_key=key, timeout=config.timeout_s, max_retries=config.retries)

    def complete(chat: list[dict[str, str]]) -> str | None:
        try:
            reply = client.chat.completions.create(
                model=config.model,
                messages=chat,  # type: ignore[arg-type]  # roles and contents, as its typed dicts have them
                temperature=0,
                seed=SEED,
                max_tokens=MOST_TOKENS,
            )
        except openai.OpenAIError as error:
            log.warning("the language model did not answer (%s)", type(error).__name__)
            return None
        return reply.choices[0].message.content if reply.choices else None

    folder = Path(config.cache) if config.cache else cache_dir() / "answers"
    return OpenAICompatible(config.model, complete, folder)


@dataclass(frozen=True, slots=True)
class OpenAICompatible:
    """A reader whose answers are kept in a folder, so that a call audited again gets the same ones.

    Parameters
    ----------
    model : name of the model, as its server knows it
    complete : from chat messages to the text of the reply, None where there is none
    folder : one small file an answer; it holds the place of the words it rests on, not the words
    """

    model: str
    complete: Callable[[list[dict[str, str]]], str | None]
    folder: Path

    @property
    def name(self) -> str:
        return self.model

    def read(self, question: Question) -> Answer | None:
        """The answer, from the folder or from the model; None where the model gave none that can be used."""
        chat = messages(question)
        file = self.folder / f"{_digest({'model': self.model, 'seed': SEED, 'chat': chat})}.json"
        kept = _kept(file)
        if kept is not None:
            return kept
        text = self.complete(chat)
        answer = None if text is None else understood(text, question)
        if answer is not None:
            _keep(file, answer)
        return answer


def _digest(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def _kept(file: Path) -> Answer | None:
    try:
        return _ANSWER.validate_json(file.read_bytes())
    except (OSError, ValidationError):  # none yet, or cut off by a full disk: ask again
        return None


def _keep(file: Path, answer: Answer) -> None:
    """Written whole or not at all; an answer that cannot be kept is still an answer."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=file.parent, suffix=".part", delete=False, encoding="utf-8") as part:
            json.dump(asdict(answer), part)
        Path(part.name).replace(file)
    except OSError as error:
        log.warning("%s: the answer of the language model cannot be kept (%s)", file.parent, error.strerror)
