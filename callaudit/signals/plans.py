"""The tones of telephone networks as data: which lines, on for how long, off for how long, and who says so.

Sources, by their key in `Plan.source`:

- ``E.180``: ITU-T E.180/Q.35 (03/1998) and its list of national tones, Operational Bulletin annex
  "Various tones used in national networks" (tones-0203), as carried by Asterisk's ``indications.conf``
  (configs/samples/indications.conf.sample), which cites that list country by country.
- ``SIN350``: BT SIN 350, as cited by the same file for the United Kingdom.
- ``TIA``: ANSI/TIA-464 precise tone plan of North America, as in the same file (``[us]``).
- ``IDA``: Singapore's IDA TS PSTN1, as in the same file (``[sg]``).
- ``asterisk``: the same file, which names no further source for the country.
- ``pbx``: tone tables of PBX distributions in the same notation, which name no further source either.

Adding a country is adding a line here. Countries that share a tone share an entry, named after the largest; the
order decides between entries that fit equally well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ToneKind = Literal["ringback", "busy", "congestion"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One tone of one network.

    `lines_hz` are the frequencies that sound together; `modulation_hz` is above 0 where one line is modulated in
    amplitude (written ``400*25`` in tone tables). `cadence_s` alternates on and off, in seconds, and repeats: two
    entries for a plain tone, four for the double ring of Britain and the lands that follow it.
    """

    name: str
    kind: ToneKind
    lines_hz: tuple[float, ...]
    cadence_s: tuple[float, ...]
    source: str
    modulation_hz: float = 0.0

    @property
    def on_s(self) -> tuple[float, ...]:
        """On-times of one cycle."""
        return self.cadence_s[::2]

    @property
    def off_s(self) -> tuple[float, ...]:
        """Off-times of one cycle; the last one ends it."""
        return self.cadence_s[1::2]

    @property
    def cycle_s(self) -> float:
        """Length of a cycle, in seconds."""
        return sum(self.cadence_s)


_DOUBLE = (0.4, 0.2, 0.4, 2.0)

PLANS: tuple[Plan, ...] = (
    # ringing
    Plan("cn", "ringback", (450.0,), (1.0, 4.0), "E.180"),
    Plan("us", "ringback", (440.0, 480.0), (2.0, 4.0), "TIA"),
    Plan("uk", "ringback", (400.0, 450.0), _DOUBLE, "SIN350"),
    Plan("eu", "ringback", (425.0,), (1.0, 4.0), "E.180"),
    Plan("eu", "ringback", (425.0,), (1.0, 5.0), "E.180"),
    Plan("eu", "ringback", (425.0,), (1.0, 3.0), "E.180"),
    Plan("es", "ringback", (425.0,), (1.5, 3.0), "asterisk"),
    Plan("hu", "ringback", (425.0,), (1.25, 3.75), "E.180"),
    Plan("fr", "ringback", (440.0,), (1.5, 3.5), "E.180"),
    Plan("hk", "ringback", (440.0, 480.0), (0.4, 0.2, 0.4, 3.0), "pbx"),
    Plan("tw", "ringback", (440.0, 480.0), (1.0, 2.0), "asterisk"),
    Plan("jp", "ringback", (400.0,), (1.0, 2.0), "asterisk", modulation_hz=15.0),
    Plan("ph", "ringback", (425.0, 480.0), (1.0, 4.0), "E.180"),
    Plan("my", "ringback", (425.0,), _DOUBLE, "asterisk"),
    Plan("sg", "ringback", (425.0,), _DOUBLE, "IDA", modulation_hz=24.0),
    Plan("in", "ringback", (400.0,), _DOUBLE, "asterisk", modulation_hz=25.0),
    Plan("za", "ringback", (400.0,), _DOUBLE, "asterisk", modulation_hz=33.0),
    Plan("au", "ringback", (413.0, 438.0), _DOUBLE, "asterisk"),
    Plan("cl", "ringback", (400.0,), (1.0, 3.0), "asterisk"),
    # the called party is busy, or has hung up
    Plan("cn", "busy", (450.0,), (0.35, 0.35), "E.180"),
    Plan("us", "busy", (480.0, 620.0), (0.5, 0.5), "TIA"),
    Plan("uk", "busy", (400.0,), (0.375, 0.375), "SIN350"),
    Plan("eu", "busy", (425.0,), (0.5, 0.5), "E.180"),
    Plan("eu", "busy", (425.0,), (0.4, 0.4), "E.180"),
    Plan("ru", "busy", (425.0,), (0.35, 0.35), "asterisk"),
    Plan("eu", "busy", (425.0,), (0.3, 0.3), "E.180"),
    Plan("sg", "busy", (425.0,), (0.75, 0.75), "IDA"),
    Plan("fr", "busy", (440.0,), (0.5, 0.5), "E.180"),
    Plan("jp", "busy", (400.0,), (0.5, 0.5), "asterisk"),
    Plan("in", "busy", (400.0,), (0.75, 0.75), "asterisk"),
    # no way through
    Plan("cn", "congestion", (450.0,), (0.7, 0.7), "E.180"),
    Plan("us", "congestion", (480.0, 620.0), (0.25, 0.25), "TIA"),
    Plan("eu", "congestion", (425.0,), (0.2, 0.2), "E.180"),
    Plan("eu", "congestion", (425.0,), (0.25, 0.25), "E.180"),
    Plan("eu", "congestion", (425.0,), (0.17, 0.17), "E.180"),
    Plan("uk", "congestion", (400.0,), (0.4, 0.35, 0.225, 0.525), "SIN350"),
    Plan("fr", "congestion", (440.0,), (0.25, 0.25), "E.180"),
    Plan("in", "congestion", (400.0,), (0.25, 0.25), "asterisk"),
)
