"""What a rulebook is made of, and how operators enter it.

A rule is data: a condition under which it applies and one or more checks. A check names an operator and its options.
An operator is a pure function of the facts of a call and its typed options; it is registered by `@operator`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, dataclass_transform
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from callaudit.messages import Text, message
from callaudit.records import Finding, Layer, Place, Status, Step
from callaudit.scoring import Price

if TYPE_CHECKING:
    from callaudit.rules.facts import Facts

Origin = Literal["source", "derived", "proposed"]
AppliesTo = Literal["inbound", "outbound", "both"]
T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def options(cls: type[T]) -> type[T]:
    """The class as a frozen dataclass whose fields are the keys of a YAML mapping; unknown keys are refused."""
    cls.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]  # read by pydantic
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


@options
class Limit:
    """A threshold and where its number comes from: the document, computed from one in it, or proposed here."""

    value: float
    origin: Annotated[Origin, Field(validation_alias="from")] = "proposed"

    @property
    def note(self) -> Text:
        """What is added to a message that names the limit."""
        return message("limit.proposed") if self.origin == "proposed" else ""


def _as_limit(given: object) -> object:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return {"value": given}
    if not isinstance(given, dict | Limit):
        raise ValueError("wanted a number, or {value: a number, from: source | derived | proposed}")
    return given


def limit(value: float, origin: Origin = "proposed") -> Limit:
    """A limit, for the defaults of options."""
    return Limit(value=value, origin=origin)


Threshold = Annotated[Limit, BeforeValidator(_as_limit)]
"""A `Limit`, written in YAML as a bare number or as {value: 3, from: source}."""


# ── outcomes ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operator says about a call; the engine adds what the rule knows and makes a Finding.

    A violation happened `times` over. `wants_reader`: left open because it takes someone who understands what was said
    (`callaudit.rules.asking`).
    """

    status: Status
    message: Text
    confidence: float = 1.0
    why: Text | None = None
    value: float | None = None
    limit: float | None = None
    unit: str | None = None
    places: tuple[Place, ...] = ()
    quote: str | None = None
    matched: Text | None = None
    steps: tuple[Step, ...] = ()
    layer: Layer | None = None
    times: int = 1
    wants_reader: bool = False

    def measured(self, value: float | None, limit: Limit | None, unit: str) -> Outcome:
        """The outcome with the number it rests on, rounded to 2 places."""
        rounded = None if value is None else round(value, 2)
        return replace(self, value=rounded, limit=None if limit is None else limit.value, unit=unit)


def passed(message: Text, confidence: float = 0.9, **more: Any) -> Outcome:
    """The rule was kept."""
    return Outcome("passed", message, confidence, **more)


def violated(message: Text, confidence: float = 0.9, **more: Any) -> Outcome:
    """The rule was broken."""
    return Outcome("violated", message, confidence, **more)


def not_applicable(why: Text, confidence: float = 0.9) -> Outcome:
    """The condition of the rule did not arise."""
    return Outcome("not_applicable", message("outcome.not_applicable", why=why), confidence, why)


def not_assessable(why: Text, **more: Any) -> Outcome:
    """Something is missing that the judgement needs."""
    return Outcome("not_assessable", message("outcome.not_assessable", why=why), 1.0, why, **more)


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _as_price(given: object) -> object:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return {"each": given}
    if not isinstance(given, dict | Price):
        raise ValueError("wanted a number of points, or {each: points, most: points}")
    return given


Cost = Annotated[Price, BeforeValidator(_as_price)]
"""A `Price`, written in YAML as a bare number (once, however often) or as {each: 5, most: 10}."""


@options
class Points:
    """What a violated rule costs, by severity."""

    critical: Cost = Price(20.0)
    major: Cost = Price(5.0)
    minor: Cost = Price(2.0)


CLOCK = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"
Hours = tuple[Annotated[str, Field(pattern=CLOCK)], Annotated[str, Field(pattern=CLOCK)]]


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"wanted the name of a time zone such as Asia/Shanghai, got {name!r}") from error


@options
class Settings:
    """What holds for the whole rulebook.

    `pass_from` and `fail_below` are scores in [0, 100]; `sure_from` is the confidence from which a critical violation
    fails the call; `review_over_share` is the share of unassessed rules from which a person should look.

    `time_zone` (IANA) is that of the office: a start time without a zone is meant there, and days and hours are told
    there. `country` (ISO 3166-1) is that of numbers without a country code, and of the public holidays. `holidays` maps
    MM-DD or YYYY-MM-DD to a name and `workdays` lists days that are worked after all; both outrank the public
    calendar, and for `calendar_years` they are all there is. On `unwished` holidays nobody is wished joy. Hours are
    [from, to), local.
    """

    points: Points = field(default_factory=Points)
    pass_from: float = 85.0
    fail_below: float = 60.0
    sure_from: float = 0.8
    review_over_share: float = 0.5
    time_zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CN"
    holidays: Mapping[Annotated[str, Field(pattern=r"^(\d{4}-)?\d\d-\d\d$")], str] = field(default_factory=dict)
    workdays: tuple[Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")], ...] = ()
    calendar_years: tuple[int, ...] = ()
    unwished: tuple[str, ...] = ()
    work_hours: Hours = ("09:00", "18:00")
    lunch: Hours = ("12:00", "14:00")
    dinner: Hours = ("18:00", "19:00")
    night: Hours = ("22:00", "07:00")


# ── operators ────────────────────────────────────────────────────────────────────────────────────────────────────
Judge = Callable[["Facts", Any], Outcome]
Restate = Callable[[Finding, Any], Finding | None]


@dataclass(frozen=True, slots=True)
class Operator:
    """A registered kind of check.

    `restate` tells what a finding becomes by options that differ from those it was made by in the values of the limits
    `loose` alone, as far as that can be told without the call (`callaudit.rules.restating` says what it must keep to).
    """

    name: str
    options: type[Any]
    judge: Judge
    loose: tuple[str, ...] = ()
    restate: Restate | None = None


OPERATORS: dict[str, Operator] = {}
"""Filled when `callaudit.rules.operators` is imported, and never afterwards."""


def operator(
    name: str,
    options_type: type[T],
    *,
    loose: tuple[str, ...] = (),
    restate: Callable[[Finding, T], Finding | None] | None = None,
) -> Callable[[Callable[[Facts, T], Outcome]], Callable[[Facts, T], Outcome]]:
    """Registers a function as the operator of that name; see `Operator`."""

    def register(judge: Callable[[Facts, T], Outcome]) -> Callable[[Facts, T], Outcome]:
        if name in OPERATORS:
            raise ValueError(f"two operators are named {name!r}")
        OPERATORS[name] = Operator(name, options_type, judge, loose, restate)
        return judge

    return register
