"""What the recording of one call cannot tell: said openly, instead of guessed."""

from __future__ import annotations

from callaudit.messages import message
from callaudit.records import Place
from callaudit.rules.base import Outcome, not_assessable, operator, options
from callaudit.rules.cues import CueRef
from callaudit.rules.facts import Facts


@options
class Needs:
    """`what` is missing, as the end of the sentence 需要…; `understanding`: a reader could tell (the rule's `ask`).

    `show`: situations at which whoever can tell should listen.
    """

    what: str
    understanding: bool = False
    show: CueRef | None = None


@operator("needs", Needs)
def needs(facts: Facts, asked: Needs) -> Outcome:
    """Not assessable, always; the rule's `when` says on which calls the question arises at all."""
    moments = facts.moments(asked.show) if asked.show is not None else ()
    places = tuple(Place(moment.span, facts.turns[moment.turn].speaker) for moment in moments)
    quote = " / ".join(facts.turns[moment.turn].text for moment in moments) or None
    return not_assessable(
        message("needs.missing", what=asked.what), wants_reader=asked.understanding, places=places, quote=quote
    )
