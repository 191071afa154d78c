"""Personal data in what is said: what it is, and where it lies in words and time."""

from callaudit.privacy.finding import found
from callaudit.privacy.masking import masked
from callaudit.privacy.personal import KINDS, Personal
from callaudit.privacy.silence import silent_spans

__all__ = ["KINDS", "Personal", "found", "masked", "silent_spans"]
