"""Who of two parties speaks when on one mixed line, by their voices alone.

Why no speaker-embedding network: on the labelled calls mixed down, the sounds and pitch of the call itself part the
voices better than the d-vector network that can be had as a package, and about as well as CAM++, whose package needs
torch; and they need no weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Audio, Voice
from callaudit.spans import Span, merge, to_samples
from callaudit.speakers.clustering import Evidence, Parting, partings
from callaudit.speakers.cues import HOP_S, cues
from callaudit.speakers.mixture import offsets

_UNIT_S = 0.25
"""Speech is given to a voice in units of about this length: a syllable, the least that can be told apart at all."""
_LEAST_HEARD_S = 5.0
"""With less speech than this no voice is known well enough to be told from another; no shorter call was measured."""

_TAKING_TURNS = 6.0
"""What a change of speaker at every pause weighs, in gain a second, when one split is chosen among those found."""
_SPLIT_ODDS = (1.65, 1.24, -6.98, -28.0, -0.168)
"""Log-odds that the chosen split is right: a constant, per log of the log-likelihood ratio of one voice over the other
a second, per 1 / (1 + changes at pauses), per inverse of the seconds heard, per other split that some start ends in.
Logistic regression on 152 recordings of two voices by many makers (synthesised, acted, people's recorded prompts; half
of them with noise, GSM or lost packets) and on 288 of each party of them alone, at a quarter of the weight in all, as
two voices are the usual; each also with the pauses up to 0.6 s closed. Fitted to one half and tried on the other, it
was 0.4 or more for 30 of the 288 (98 before they were in the regression), most by one synthesiser, and 0.9 for none."""
_LEADS = (0.1, 10.0)
"""Bounds of the ratio: what is beyond is a synthesiser that always says a sound the same way, not a clearer split."""
_ALIKE = 0.02
"""Splits that differ in less of the speech than this are one."""
_ONE_VOICE = 0.25
"""A split less probable than this is not made. It lies below one half because a split that may be wrong is told by its
confidence, and two voices taken for one are not."""
_PIECE_ODDS = (-0.52, 2.63, -2.53)
"""Log-odds that a piece is its voice's where the split is right: a constant, per log(1 + log-likelihood ratio of the
piece), per border at which the voice changes without a pause. Regression on the same recordings. Half against half, of
the pieces of two voices said to be 0.7 to 0.8 sure 81 % were right, at 0.8 to 0.9 92 %, at 0.9 to 0.95 95 %, above
99 %; fitted to some makers and tried on the others, 99 % of those above 0.9."""
_SNAP_S = 0.2
"""A border without a pause is moved by at most this to the quietest moment: words end there, units of speech do not."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one span given to one voice.

    `index` is that of the span; `lead` is the log-likelihood ratio of the voice over the other; `n_borders`, 0 to 2,
    how many of its ends are changes of the voice without a pause.
    """

    span: Span
    index: int
    voice: int
    lead: float
    n_borders: int = 0


def split_by_voice(audio: Audio, speech: Sequence[Span]) -> tuple[Voice, ...]:
    """The voices of one mixed line, at most two, in the order in which they are first heard.

    Where two voices are no more likely than one, one is returned. Spans in which the voice changes are cut there, at
    the quietest moment. Where both speak at once, the more prominent has it.

    Parameters
    ----------
    audio : Audio [samples: float32, shape=(channels, n), in [-1, 1]]; the first channel is heard
    speech : spans of speech of anyone; a pause of 0.3 s or more parts two spans

    Returns
    -------
    tuple of Voice
        `confidence` is the probability that the split, or that there is one voice, is right; `sureness` that the span
        is the voice's. Neither depends on the gain of the line.
    """
    spans = merge(span for span in speech if span.start_s < audio.duration_s)
    if not spans:
        return ()
    units, evidence = _evidence(audio, spans)
    if evidence is None or _heard_s(evidence) < _LEAST_HEARD_S:
        return (_only(spans, 0.5),)
    splits = [(parting, tuple(_pieces(units, evidence, parting))) for parting in partings(evidence)]
    if not splits:
        return (_only(spans, 0.5),)
    seconds = _heard_s(evidence)
    chosen, pieces = max(splits, key=lambda split: split[0].gain / seconds + _TAKING_TURNS * _changes(split[1])[1])
    right = _right(pieces, seconds, _n_others(evidence, chosen, [parting for parting, _ in splits]))
    if right < _ONE_VOICE:
        return (_only(spans, 1 - right),)
    pieces = _snapped(audio, pieces)
    return tuple(_voice(pieces, label, right) for label in dict.fromkeys(piece.voice for piece in pieces))


def _only(spans: tuple[Span, ...], right: float) -> Voice:
    return Voice(0, spans, round(right, 3), (round(right, 3),) * len(spans))


def _voice(pieces: Sequence[_Piece], label: int, right: float) -> Voice:
    own = [piece for piece in pieces if piece.voice == label]
    sureness = tuple(round(_sureness(piece, right), 3) for piece in own)
    return Voice(0, tuple(piece.span for piece in own), round(right, 3), sureness)


def _sureness(piece: _Piece, right: float) -> float:
    """Probability that the piece is its voice's: where the split is wrong, whatever the lead, it is a coin's."""
    within = _logistic(_PIECE_ODDS, (float(np.log1p(max(piece.lead, 0.0))), piece.n_borders))
    return right * within + (1 - right) / 2


def _changes(pieces: Sequence[_Piece]) -> tuple[int, float]:
    """Pauses at which the voice changes, their number and their share.

    A split of one person's speech, or one that parts an agent from the colleague the call was put through to, finds one
    odd stretch, or the first half of the call against the second: it changes the voice once or twice. The two parties
    change at every other pause.
    """
    n_changes = sum(b.voice != a.voice and b.index != a.index for a, b in pairwise(pieces))
    return n_changes, n_changes / max(1, pieces[-1].index)


def _n_others(evidence: Evidence, chosen: Parting, found: Sequence[Parting]) -> int:
    """How many of the splits found differ from the chosen one.

    Two voices draw nearly every start to the same split. One voice has no such place: each start ends at another
    accident of what was said, however well it parts the speech there.
    """
    frames = evidence.offsets.counts.sum(axis=1)
    same = [float(frames[parting.labels == chosen.labels].sum() / frames.sum()) for parting in found]
    return sum(max(share, 1 - share) < 1 - _ALIKE for share in same)


def _right(pieces: Sequence[_Piece], heard_s: float, n_others: int) -> float:
    """Probability that a split is right: its voices lie far apart, take turns, and no other split is found."""
    n_changes, _ = _changes(pieces)
    lead = float(np.clip(sum(piece.lead for piece in pieces) / heard_s, *_LEADS))
    return _logistic(_SPLIT_ODDS, (float(np.log(lead)), 1 / (1 + n_changes), 1 / heard_s, n_others))


def _heard_s(evidence: Evidence) -> float:
    return float(evidence.offsets.counts.sum()) * HOP_S


def _logistic(odds: Sequence[float], values: Sequence[float]) -> float:
    log_odds = odds[0] + sum(weight * value for weight, value in zip(odds[1:], values, strict=True))
    return float(1 / (1 + np.exp(-np.clip(log_odds, -30.0, 30.0))))


def _pieces(units: Sequence[Span], evidence: Evidence, parting: Parting) -> Iterator[_Piece]:
    leads = np.where(parting.labels == 1, 1, -1) * (parting.scores[:, 1] - parting.scores[:, 0])
    new = np.diff(evidence.span, prepend=-1).astype(bool) | np.diff(parting.labels, prepend=-1).astype(bool)
    starts = np.flatnonzero(new).tolist()
    for first, after in zip(starts, [*starts[1:], len(units)], strict=True):
        index = evidence.span[first]
        n_borders = int(first > 0 and evidence.span[first - 1] == index)
        n_borders += int(after < len(units) and evidence.span[after] == index)
        span = Span(units[first].start_s, units[after - 1].end_s)
        yield _Piece(span, int(index), int(parting.labels[first]), float(leads[first:after].sum()), n_borders)


def _snapped(audio: Audio, pieces: Sequence[_Piece]) -> tuple[_Piece, ...]:
    """The pieces with the borders inside a span moved to the quietest moment near by."""
    moved = list(pieces)
    for k, (left, right) in enumerate(pairwise(pieces)):
        if left.index == right.index:
            left = moved[k]
            border_s = _quietest_s(audio, left.span, right.span)
            moved[k] = replace(left, span=Span(left.span.start_s, border_s))
            moved[k + 1] = replace(right, span=Span(border_s, right.span.end_s))
    return tuple(moved)


def _quietest_s(audio: Audio, left: Span, right: Span) -> float:
    """Middle of the quietest 30 ms around the border of two stretches, at most a third into either."""
    border_s = left.end_s
    first_s = border_s - min(_SNAP_S, left.duration_s / 3)
    around = Span(first_s, border_s + min(_SNAP_S, right.duration_s / 3))
    heard = audio.samples[0][to_samples(around, audio.sample_rate_hz, audio.n_samples)].astype(np.float64)
    hop = round(HOP_S * audio.sample_rate_hz)
    n_hops = len(heard) // hop
    if n_hops < 3:
        return border_s
    power = (heard[: n_hops * hop].reshape(n_hops, hop) ** 2).sum(axis=1)
    smooth = power[:-2] + power[1:-1] + power[2:]
    return first_s + (int(smooth.argmin()) + 1.5) * HOP_S


def _evidence(audio: Audio, spans: Sequence[Span]) -> tuple[tuple[Span, ...], Evidence | None]:
    """The units of the spans, and what they hold; None where nothing sounds."""
    units, owner = _units(spans)
    heard = cues(audio, units, spans)
    if not len(heard.cepstra):
        return units, None
    voiced = np.isfinite(heard.octaves)
    middle = float(np.median(heard.octaves[voiced])) if voiced.any() else 0.0
    octaves = np.clip(np.where(voiced, heard.octaves - middle, 0.0), -1.0, 1.0)
    pitch = np.zeros((len(units), 3))
    for column, values in enumerate((voiced.astype(np.float64), octaves, octaves**2)):
        pitch[:, column] = np.bincount(heard.unit, values, len(units))
    return units, Evidence(offsets(heard.cepstra, heard.unit, len(units)), pitch, owner)


def _units(spans: Sequence[Span]) -> tuple[tuple[Span, ...], NDArray[np.intp]]:
    """Every span cut into equal units, and the span that each belongs to."""
    units, owner = [], []
    for index, span in enumerate(spans):
        n = max(1, round(span.duration_s / _UNIT_S))
        edges = [*(span.start_s + span.duration_s * k / n for k in range(n)), span.end_s]
        units += [Span(start_s, end_s) for start_s, end_s in pairwise(edges)]
        owner += [index] * n
    return tuple(units), np.array(owner, dtype=np.intp)
