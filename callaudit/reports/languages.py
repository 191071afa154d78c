"""The languages that reports can be written in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callaudit.messages import Language
from callaudit.reports.wording import Wording
from callaudit.reports.words_en import EN
from callaudit.reports.words_zh import ZH

WORDINGS: Final[Mapping[Language, Wording]] = {"zh": ZH, "en": EN}
