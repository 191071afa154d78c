"""Tells people by mail or webhook how a batch went, through Apprise; nothing is sent unless the settings say to whom.

The message holds counts and titles of rules; no name, file name or word of a call.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from callaudit.batch.figures import Summary
from callaudit.batch.summaries.told import Told
from callaudit.config import NotifyConfig
from callaudit.errors import ConfigError
from callaudit.reports.wording import points, printable

N_RULES = 3


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent; `failed`: something was not audited."""

    title: str
    body: str
    failed: bool


def message(summary: Summary) -> Message:
    """The summary in a few lines."""
    told = Told(summary)
    words, verdicts = told.words, summary.verdicts
    lines = [
        words.SHORT.format(
            calls=told.count(summary.n_calls),
            hours=told.hours(summary.audio_s),
            passed=told.count(verdicts["pass"]),
            review=told.count(verdicts["review"]),
            failed=told.count(verdicts["fail"]),
            score=points(summary.mean_score),
        ),
        words.SHORT_PROBLEMS.format(failed=told.count(summary.n_failed), later=told.count(summary.n_later)),
    ]
    if summary.n_quarantined:
        lines.append(told.common.COLON.join((words.QUARANTINED, told.count(summary.n_quarantined))))
    if summary.stopped is not None:
        lines.append(words.STOPPED)
    if worst := summary.broken[:N_RULES]:
        listed = told.common.LIST.join(
            printable(rule.title) + told.common.ASIDE.format(text=told.count(rule.n_violated)) for rule in worst
        )
        lines.append(words.SHORT_RULES.format(rules=listed))
    return Message(f"callaudit · {words.TITLE}", "\n".join(lines), summary.is_incomplete)


def addresses(config: NotifyConfig, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The addresses of the settings; none where nobody is to be told.

    Raises
    ------
    ConfigError
        The environment variable that they name is empty, or Apprise is not installed.
    """
    if config.urls_env is None:
        return ()
    urls = tuple(environment.get(config.urls_env, "").split())
    if not urls:
        raise ConfigError(
            f"notify.urls_env: the environment variable {config.urls_env!r} is empty; put the addresses in"
        )
    try:
        import apprise  # noqa: F401  # an extra: only those who are told need it
    except ImportError as error:
        raise ConfigError("notify: Apprise is not installed; run pip install 'callaudit[notify]'") from error
    return urls


def send(told: Message, urls: tuple[str, ...], config: NotifyConfig, workbook: Path | None = None) -> tuple[str, ...]:
    """Sends a message, if it is one that the settings ask for.

    Parameters
    ----------
    urls : as `addresses` gives them
    workbook : goes along where the settings ask for it, if it was written

    Returns
    -------
    tuple of str
        What could not be sent, one line for each address, without its password; empty when all went well.
    """
    if not urls or (config.on == "failure" and not told.failed):
        return ()
    attachment = workbook if config.attach and workbook is not None and workbook.is_file() else None
    return tuple(fault for number, url in enumerate(urls, start=1) if (fault := _sent(url, number, told, attachment)))


def _sent(url: str, number: int, told: Message, attachment: Path | None) -> str | None:
    """What went wrong; None where nothing did. Addresses hold passwords: only their kind is told."""
    import apprise

    kind = url.partition(":")[0]
    sender = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
    if not sender.add(url):
        return f"address {number} of the notification ({kind}) is none that Apprise knows"
    level = apprise.NotifyType.WARNING if told.failed else apprise.NotifyType.SUCCESS
    try:
        sent = sender.notify(
            body=told.body, title=told.title, notify_type=level, attach=str(attachment) if attachment else None
        )
    except Exception as error:  # whatever a plug-in does, the night is done and its results are kept
        return f"the notification to address {number} ({kind}) failed: {type(error).__name__}"
    return None if sent else f"the notification to address {number} ({kind}) could not be sent"
