"""What rules ask of a call, computed once per call however many rules ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, cached_property, partial
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

from callaudit.messages import Language, Message, Text, message
from callaudit.records import Call, Turn, Word
from callaudit.rules.aids import NO_AIDS, Aids
from callaudit.rules.base import Settings
from callaudit.rules.cues import Anchor, Cue, Cues, Where, Who
from callaudit.rules.days import Day, day_of
from callaudit.rules.ears import Ears as MandarinEars
from callaudit.rules.hearing import FLOOR, Heard, doubt_of_turn, search, without_exempt
from callaudit.rules.readings import Hearing, hearings
from callaudit.rules.senses import SAID, SURE_SITUATION, Meant, Senses, meant
from callaudit.rules.telephone import Telephone, telephone
from callaudit.rules.turn_taking import said_across, taken_back
from callaudit.rules.twofold import Twofold
from callaudit.spans import Span, gaps, total_s
from callaudit.text.english.ears import EnglishEars
from callaudit.text.languages import TONGUES
from callaudit.text.numbers import MASK
from callaudit.text.phrases import Hit
from callaudit.text.tongue import Ears, Tongue

BACKCHANNEL_CHARS = 3
"""「嗯」「好的」「对对对」, "okay", "all right": so few syllables are a listener's sign, not a statement."""

SUBSTANCE_CHARS = 7
"""From so many syllables on (greetings taken off) a customer's turn states something."""

NUMBERS = frozenset({"card", "code", "phone", "identity"})
"""Kinds of personal data that are numbers."""

NEIGHBOUR_GAP_S = 3.0
BREATH_S = 1.5
"""A pause no longer than this, within what one party says, is a breath (proposed)."""

BORDER_S = 0.3
"""How far the border of a hold may lie inside the turn beside it."""

CLOSING_TURNS, CLOSING_S = 4, 30.0
"""The catalogue's window of the closing: the last 30 s of talk or the last four agent turns (proposed)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A situation, recognised in a turn: by its words (`heard`), by what is meant (`meant`), or by other signs."""

    turn: int
    span: Span
    score: float
    title: Text
    heard: Heard | None = None
    meant: Meant | None = None


EARS: Mapping[Language, Callable[[Sequence[Sequence[Word]], Mapping[str, str]], Ears]] = {
    "zh": MandarinEars,
    "en": EnglishEars,
}


def _title(cue: Cue) -> Text:
    return cue.title or message("cue.untitled")


def _words(heard: Callable[[], Sequence[Hearing]]) -> list[tuple[Word, ...]]:
    return [hearing.words for hearing in heard()]


class Facts:
    """A call seen by its rules. Nothing in it changes; everything is computed when first asked for, and kept."""

    again = False
    """Whether one of the turns is another reading than what was heard first."""

    def __init__(
        self,
        call: Call,
        settings: Settings,
        situations: Mapping[str, Cue],
        aids: Aids = NO_AIDS,
        language: Language = "zh",
    ) -> None:
        self.call = call
        self.language = language
        self.tongue: Tongue = TONGUES[language]
        self.settings = settings
        self.situations = situations
        self.aids = aids
        self.turns: tuple[Turn, ...] = call.turns
        self.rows: tuple[int, ...] = tuple(range(len(call.turns)))
        self._heard_again = cache(partial(hearings, call.turns, self.tongue))  # what listens holds this, not the facts
        self._moments: dict[Cue, tuple[Moment, ...]] = {}
        self._of: dict[Who, tuple[int, ...]] = {}
        self._n_chars: dict[int, int] = {}
        self._doubts: dict[int, Message | None] = {}
        self._sounding: dict[tuple[tuple[str, ...], float], frozenset[int]] = {}

    # ── who and when ─────────────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def understood(self) -> bool:
        """Whether the call is in the language of the rulebook."""
        return self.call.language.lower().startswith(self.language)

    @cached_property
    def role_confidence(self) -> float:
        """Confidence in [0, 1] that agent and customer are who they are taken for, and their speech told apart."""
        parties = [party for party in self.call.parties if party.speaker in ("agent", "customer")]
        if not parties:
            return 0.0
        return min(min(party.confidence, party.voice.confidence) for party in parties)

    def of(self, who: Who) -> tuple[int, ...]:
        """Indices of the turns of a speaker, in order of time."""
        if who not in self._of:
            self._of[who] = tuple(k for k, turn in enumerate(self.turns) if who in ("any", turn.speaker))
        return self._of[who]

    @cached_property
    def agent(self) -> tuple[int, ...]:
        return self.of("agent")

    @cached_property
    def customer(self) -> tuple[int, ...]:
        return self.of("customer")

    @cached_property
    def talk_end_s(self) -> float:
        """End of the last speech; the answer where nobody speaks."""
        return max((turn.span.end_s for turn in self.turns), default=self.call.timeline.answer_s)

    @cached_property
    def hangup_s(self) -> float:
        """When the call ended, as far as is known."""
        at_s = self.call.timeline.hangup.at_s
        return self.call.timeline.end_s if at_s is None else at_s

    @cached_property
    def customer_spoke(self) -> bool:
        """Whether the customer said anything; a cough without words is nothing."""
        return any(self.turns[k].words or self.turns[k].span.duration_s >= 1.5 for k in self.customer)

    @cached_property
    def started(self) -> datetime | None:
        """When the recording starts, by the clock of the office; None where nobody said."""
        started = self.call.metadata.started_at
        if started is None:
            return None
        zone = ZoneInfo(self.settings.time_zone)
        return started.astimezone(zone) if started.tzinfo else started.replace(tzinfo=zone)

    @cached_property
    def ended(self) -> datetime | None:
        """When the recording ends, by the clock of the office; None where the start is unknown."""
        return self.started + timedelta(seconds=self.call.recording.duration_s) if self.started else None

    @cached_property
    def day(self) -> date | None:
        """The day of the call at the office; None where the start is unknown."""
        return self.started.date() if self.started else None

    @cached_property
    def calendar_day(self) -> Day | None:
        """What kind of day that is; a holiday that the metadata name is one. None where the day is unknown."""
        if self.call.metadata.holiday:
            return Day("holiday", self.call.metadata.holiday)
        return day_of(self.day, self.settings) if self.day else None

    @cached_property
    def holiday(self) -> str | None:
        """Name of the public holiday; None on other days and where it is unknown."""
        return self.calendar_day.name if self.calendar_day else None

    @cached_property
    def telephone(self) -> Telephone | None:
        """What the customer's number tells; None without one."""
        number = self.call.metadata.customer_number
        return telephone(number, self.settings.country) if number else None

    @cached_property
    def customer_id(self) -> str | None:
        """Who the customer is, over several calls: `customer_id` of the metadata, else the number in E.164 form."""
        given = dict(self.call.metadata.extra).get("customer_id")
        return given or (self.telephone.e164 if self.telephone else None)

    def meta(self, key: str) -> str | None:
        """A metadata value as text; None where it is unknown."""
        if key == "holiday":
            return self.holiday
        if key == "surname":
            return self.surname
        own = getattr(self.call.metadata, key, None)
        if own is None or key in ("extra", "roles"):
            return dict(self.call.metadata.extra).get(key)
        return str(own)

    @cached_property
    def surname(self) -> str | None:
        """Surname of the customer as the metadata has it."""
        name = self.call.metadata.customer_name
        return self.tongue.surname(name) if name else None

    @cached_property
    def values(self) -> dict[str, str]:
        """What the slots of phrases stand for in this call, as far as is known."""
        keys = ("company", "department", "agent_id", "agent_name", "customer_name", "holiday", "surname")
        return {key: value for key in keys if (value := self.meta(key))}

    @cached_property
    def hearings(self) -> tuple[Hearing, ...]:
        """What else may have been said."""
        return self._heard_again()

    @cached_property
    def ears(self) -> Twofold:
        """What listens for phrases: row k is turn k; behind the turns the joined ones, then one for each hearing."""
        make, values = EARS[self.language], self.values
        rows = [turn.words for turn in self.turns]
        rows += [(*self.turns[left].words, *self.turns[right].words) for left, right in self.joined]
        return Twofold(lambda own: make(own, values), rows, partial(_words, self._heard_again))

    @property
    def n_first(self) -> int:
        """Rows of what was heard first; those of the hearings come behind."""
        return len(self.turns) + len(self.joined)

    @cached_property
    def joined(self) -> dict[tuple[int, int], int]:
        """Turns of one party between which the other only showed that he listens; the row of `ears` that is both."""
        pairs = [pair for who in (self.agent, self.customer) for pair in self.neighbours(who) if pair[1] > pair[0] + 1]
        return {pair: row for row, pair in enumerate(sorted(pairs), len(self.turns))}

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def senses(self) -> Senses | None:
        """What the turns mean; None without an encoder, or in a language that the rulebook does not know."""
        if self.aids.encoder is None or not self.understood:
            return None
        more = partial(_words, self._heard_again)
        return Senses(self.aids.encoder, [turn.words for turn in self.turns], more, self.n_first)

    @cached_property
    def wordly(self) -> Facts:
        """The same without comparing by meaning."""
        facts = copy(self)
        facts.__dict__.pop("senses", None)
        facts.aids, facts._moments = replace(self.aids, encoder=None), {}
        return facts

    def hits(self, turn: int, phrase: str, anchor: Anchor, floor: float = FLOOR) -> tuple[Hit, ...]:
        """Where a phrase is heard in a turn, with a score of at least `floor`."""
        return self.ears.hits(self.rows[turn], phrase, anchor, floor)

    def hits_across(self, left: int, right: int, phrase: str) -> tuple[Hit, ...]:
        """Where a phrase is heard in two turns taken as one."""
        return self.ears.find((self.rows[left], self.rows[right]), phrase, "any", FLOOR)

    def n_chars(self, turn: int) -> int:
        """Syllables of a turn: in Chinese, its characters."""
        if turn not in self._n_chars:
            self._n_chars[turn] = self.tongue.n_spoken(self.turns[turn].text)
        return self._n_chars[turn]

    def doubt(self, turn: int) -> Message | None:
        """Why the words of a turn may be incomplete; None where they can be trusted."""
        if turn not in self._doubts:
            self._doubts[turn] = doubt_of_turn(self, turn)
        return self._doubts[turn]

    def might_hold(self, turn: int, phrases: tuple[str, ...], floor: float) -> bool:
        """Whether one of the phrases could be heard in a turn with a score of at least `floor`."""
        key = phrases, floor
        if key not in self._sounding:
            self._sounding[key] = frozenset().union(
                *(rows for _, rows in self.ears.audible(phrases, floor, again=self.again))
            )
        return self.rows[turn] in self._sounding[key]

    def asks(self, turn: int) -> bool:
        """Whether a turn asks something in its last words; an agent's request for data is a question."""
        return self.tongue.asks(self.turns[turn].text, requests=self.turns[turn].speaker == "agent")

    def number(self, turn: int) -> str:
        """Digits of the longest number spoken in a turn; ＊ for those of a masked one, a masked name is none."""
        return self.tongue.longest_number(self._numbered(turn))

    def digits(self, turn: int) -> str:
        """All digits that are said in a turn; ＊ for masked ones."""
        return self.tongue.digits(self._numbered(turn))

    def _numbered(self, turn: int) -> str:
        """The text of a turn in which ＊ stands for digits only."""
        said = self.turns[turn]
        others = [one.span for one in said.masked if one.kind not in NUMBERS]
        if not others:
            return said.text
        return " ".join(
            word.text.replace(MASK, "#") if any(span.holds(word.span.middle_s) for span in others) else word.text
            for word in said.words
        )

    def n_digits(self, turn: int) -> int:
        """Length of the longest number spoken in a turn."""
        return len(self.number(turn))

    def fainter(self, turn: int, by_db: float) -> bool:
        """Whether a turn is at least so many dB below the median of the other party's turns; no where unmeasured."""
        own = self.turns[turn]
        levels = [t.level_dbov for t in self.turns if t.speaker != own.speaker and t.level_dbov is not None]
        return bool(levels) and own.level_dbov is not None and median(levels) - own.level_dbov >= by_db

    def backchannel(self, turn: int) -> bool:
        """Whether a turn only shows that its speaker listens."""
        return self.n_chars(turn) <= BACKCHANNEL_CHARS

    def substance(self, turn: int) -> int:
        """Syllables of a turn besides its greeting."""
        return self.tongue.substance(self.turns[turn].text)

    def neighbours(self, turns: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """Pairs of turns that follow each other closely, at most a backchannel between them."""
        pairs = []
        for left, right in pairwise(turns):
            near = self.turns[right].span.start_s - self.turns[left].span.end_s <= NEIGHBOUR_GAP_S
            if near and all(self.backchannel(k) for k in range(left + 1, right)):
                pairs.append((left, right))
        return tuple(pairs)

    def turns_beside(self, turns: Sequence[int]) -> tuple[int, ...]:
        """The turns right before and after these, of whomever."""
        near = {k + step for k in turns for step in (-1, 1)}
        return tuple(sorted(k for k in near if 0 <= k < len(self.turns) and k not in turns))

    # ── windows ──────────────────────────────────────────────────────────────────────────────────────────────────
    def window(self, where: Where, who: Who) -> tuple[int, ...]:
        """The turns of a speaker that lie in the window."""
        picked = self._named(where.named, who)
        if where.first:
            picked = tuple(k for k in picked if k in self.of(who)[: where.first])
        if where.last:
            picked = tuple(k for k in picked if k in self._last(who, where.last))
        start_s, end_s = self.call.timeline.answer_s, self.talk_end_s
        if where.first_s is not None:
            picked = tuple(k for k in picked if self.turns[k].span.start_s < start_s + where.first_s)
        if where.last_s is not None:
            picked = tuple(k for k in picked if self.turns[k].span.end_s > end_s - where.last_s)
        if where.last_share is not None:
            picked = tuple(k for k in picked if self.turns[k].span.end_s > end_s - where.last_share * (end_s - start_s))
        if where.after is not None:
            moments = self.moments(where.after)
            picked = tuple(k for k in picked if moments and k > moments[0].turn)
        if where.before is not None:
            moments = self.moments(where.before)
            picked = tuple(k for k in picked if not moments or k < moments[0].turn)
        return picked

    def _last(self, who: Who, n_turns: int) -> tuple[int, ...]:
        """The speaker's last turns; those that nobody answered, though seconds went by, count as one."""
        own, count = self.of(who), 0
        for at in range(len(own) - 1, -1, -1):
            if at == len(own) - 1 or not self._unanswered(own[at], own[at + 1]):
                count += 1
            if count > n_turns:
                return own[at + 1 :]
        return own

    def _unanswered(self, left: int, right: int) -> bool:
        """Whether the right turn follows the left one of the same speaker after a silence."""
        return right == left + 1 and self.turns[right].span.start_s - self.turns[left].span.end_s > BREATH_S

    def _named(self, named: str, who: Who) -> tuple[int, ...]:
        if named == "greeting":
            return self.greeting(who)
        if named == "opening":
            return self.opening(who)
        if named == "closing":
            own = self.of(who)
            return tuple(
                k for k in own if k in own[-CLOSING_TURNS:] or self.turns[k].span.end_s > self.talk_end_s - CLOSING_S
            )
        return self.of(who)

    def greeting(self, who: Who) -> tuple[int, ...]:
        """First turn of the speaker, and those that follow within a second before the other says a word."""
        own = self.of(who)
        kept = own[:1]
        for left, right in pairwise(own):
            near = self.turns[right].span.start_s - self.turns[left].span.end_s <= BREATH_S
            if not near or right != left + 1:
                break
            kept += (right,)
        return kept

    def opening(self, who: Who) -> tuple[int, ...]:
        """First turn of the speaker, and those that follow (at most three) before the customer states anything."""
        own = self.of(who)
        kept = own[:1]
        for k in own[1:3]:
            if any(self.substance(j) >= SUBSTANCE_CHARS for j in self.customer if j < k):
                break
            kept += (k,)
        return kept

    # ── situations ───────────────────────────────────────────────────────────────────────────────────────────────
    def cues(self, ref: Cues) -> tuple[Cue, ...]:
        """The cues that a reference stands for."""
        return tuple(self.situations[name] for name in ref.names) + ref.inline

    def moments(self, ref: Cues, least: float = SURE_SITUATION) -> tuple[Moment, ...]:
        """Every turn in which one of the situations is recognised, one moment a turn, in order of time.

        By meaning alone only with a probability of at least `least`.
        """
        best: dict[int, Moment] = {}
        for cue in self.cues(ref):
            for moment in self.recognised(cue):
                if moment.meant is not None and moment.score < least:
                    continue
                if moment.turn not in best or moment.score > best[moment.turn].score:
                    best[moment.turn] = moment
        return tuple(best[k] for k in sorted(best))

    def title(self, ref: Cues) -> Text:
        """What the situations are called in messages."""
        return message("cue.titles", titles=tuple(dict.fromkeys(_title(cue) for cue in self.cues(ref))))

    def recognised(self, cue: Cue) -> tuple[Moment, ...]:
        """Every turn that is such a cue."""
        if cue not in self._moments:
            own = self.of(cue.who)
            found = [moment for k in own if (moment := self.moment(cue, k))]
            for heard in said_across(self, cue, [moment.turn for moment in found]):
                if heard.turn in own[: cue.first_turns or len(own)] and self._could_be(cue, heard.turn):
                    found.append(Moment(heard.turn, heard.span, heard.score, _title(cue), heard))
            self._moments[cue] = tuple(sorted(found, key=lambda moment: moment.turn))
        return self._moments[cue]

    def moment(self, cue: Cue, turn: int) -> Moment | None:
        """What a cue is in one turn, if anything."""
        own = self.of(cue.who)
        found = self._moment(cue, turn) if turn in own[: cue.first_turns or len(own)] else None
        return None if found is None or taken_back(self, cue, turn, found.heard) else found

    def _could_be(self, cue: Cue, turn: int) -> bool:
        """Whether all but the words fits."""
        said, n_chars = self.turns[turn], self.n_chars(turn)
        return (
            (cue.least_chars is None or n_chars >= cue.least_chars)
            and (cue.most_chars is None or n_chars <= cue.most_chars)
            and (cue.least_s is None or said.span.duration_s >= cue.least_s)
            and (cue.most_s is None or said.span.duration_s <= cue.most_s)
            and (cue.question is None or self.asks(turn) == cue.question)
            and (cue.digits is None or self.n_digits(turn) >= cue.digits)
            and (cue.gap_before_s is None or self.gap_before_s(turn) >= cue.gap_before_s)
            and (cue.fainter_db is None or self.fainter(turn, cue.fainter_db))
        )

    def _moment(self, cue: Cue, turn: int) -> Moment | None:
        title = _title(cue)
        if not self._could_be(cue, turn):
            return None
        in_words = not cue.means or self.senses is None  # and not by what is meant alone
        if cue.words and in_words and not self.might_hold(turn, cue.words, cue.least):
            return None
        if cue.not_with and search(self, (turn,), cue.not_with, least=cue.least, near=False).hits:
            return None
        if not cue.words:
            return Moment(turn, self.turns[turn].span, 0.9, title)
        hits = search(self, (turn,), cue.words, least=cue.least, anchor=cue.anchor, near=False).hits
        hits = without_exempt(self, hits, cue.exempt, least=cue.least)
        best = max(hits, key=lambda heard: heard.score, default=None)
        if best:
            return Moment(turn, best.span, best.score, title, best)
        likely = meant(self, (turn,), cue.means)
        if likely is None or likely.prob < SAID:
            return None
        return Moment(turn, likely.span, likely.prob, title, meant=likely)

    # ── silence and waiting ──────────────────────────────────────────────────────────────────────────────────────
    def gap_before_s(self, turn: int) -> float:
        """Silence between a turn and whatever speech came before it, holds left out; 0 for the first."""
        if turn == 0:
            return 0.0
        start_s, end_s = max(t.span.end_s for t in self.turns[:turn]), self.turns[turn].span.start_s
        if end_s <= start_s:
            return 0.0
        return total_s(gaps(self.call.timeline.of("hold"), Span(start_s, end_s)))

    def around(self, span: Span) -> tuple[int | None, int | None]:
        """The last turn that begins before a stretch, and the first that begins as it ends or later."""
        before = [k for k, turn in enumerate(self.turns) if turn.span.start_s < span.start_s + BORDER_S]
        after = [k for k, turn in enumerate(self.turns) if turn.span.start_s >= span.end_s - BORDER_S]
        return (before[-1] if before else None, after[0] if after else None)
