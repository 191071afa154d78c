"""The languages that calls can be judged in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callaudit.messages import Language
from callaudit.text.english.speech import English
from callaudit.text.mandarin import Mandarin
from callaudit.text.tongue import Tongue

TONGUES: Final[Mapping[Language, Tongue]] = {"zh": Mandarin(), "en": English()}
