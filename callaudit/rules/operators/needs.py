"""What the recording of one call cannot tell: said openly, instead of guessed."""

from __future__ import annotations

from callaudit.rules.base import Outcome, not_assessable, operator, options
from callaudit.rules.facts import Facts


@options
class Needs:
    """`what` is missing, as the end of the sentence 需要…"""

    what: str


@operator("needs", Needs)
def needs(facts: Facts, asked: Needs) -> Outcome:
    """Not assessable, always; the rule's `when` says on which calls the question arises at all."""
    return not_assessable(f"需要{asked.what}")
