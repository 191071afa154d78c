"""Windows for a recogniser that hears 30 s at a time: only speech goes in, and every moment finds its way back.

Speech is cut into pieces at pauses; the pieces are laid into windows in the order in which they were spoken, a short
silence between them. A word is given back to the channel and the time of the piece in which it was heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import soxr
from numpy.typing import NDArray

from callaudit.records import Audio
from callaudit.spans import Span, intersect, merge, to_samples, total_s

WINDOW_RATE_HZ = 16000
_HOP_S = 0.03
_FADE_S = 0.005
_FLOOR = 1e-4

PATIENCE_S = 0.1
"""How far behind the end of a stretch of speech a word of it may seem to end."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """How speech is cut and laid out, all in seconds.

    `longest_s`: a window's length at most. `join_s`: pauses up to this long are left as they are inside a piece.
    `margin_s`: sound kept before and after a piece. `between_s`: silence laid between two pieces.
    `level_dbov`: each channel's speech is brought to this RMS level, by `most_gain_db` at most; None leaves it.
    """

    longest_s: float = 29.5
    join_s: float = 1.0
    margin_s: float = 0.4
    between_s: float = 0.4
    level_dbov: float | None = -20.0
    most_gain_db: float = 30.0


DEFAULT_CUTTING = Cutting()


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound of one channel that is fed: `span` with its margins, `speech` the spoken stretches inside."""

    channel: int
    span: Span
    speech: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece and the second of its window at which it begins."""

    piece: Piece
    at_s: float

    @property
    def end_s(self) -> float:
        """Second of the window at which the piece ends."""
        return self.at_s + self.piece.span.duration_s


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces in the order in which they are heard; at least one."""

    placed: tuple[Placed, ...]

    @property
    def duration_s(self) -> float:
        """Seconds to the end of the last piece."""
        return self.placed[-1].end_s

    def at(self, end_s: float) -> int:
        """Which piece a word belongs to that is over at this second of the window.

        The end decides, because the attention to the first word after a pause reaches back over the pause.
        """
        for k, placed in enumerate(self.placed[:-1]):
            if end_s <= placed.end_s + PATIENCE_S:
                return k
        return len(self.placed) - 1


def cut(audio: Audio, speech: Mapping[int, Iterable[Span]], cutting: Cutting = DEFAULT_CUTTING) -> tuple[Piece, ...]:
    """Pieces of speech, none longer than a window, sorted by their start.

    A stretch that is too long is cut at its longest pause near the middle, or where it is quietest when it has none.
    """
    pieces: list[Piece] = []
    for channel, heard in sorted(speech.items()):
        if not 0 <= channel < audio.n_channels:
            raise ValueError(f"speech is given for channel {channel}, the audio has {audio.n_channels}")
        spans = intersect(heard, [Span(0.0, audio.duration_s)]) if audio.n_samples else ()
        groups = _groups(audio, channel, spans, cutting)
        edges_s = [0.0, *((a[-1].end_s + b[0].start_s) / 2 for a, b in pairwise(groups)), audio.duration_s]
        for group, low_s, high_s in zip(groups, edges_s, edges_s[1:], strict=False):
            start_s = max(low_s, group[0].start_s - cutting.margin_s)
            end_s = min(high_s, group[-1].end_s + cutting.margin_s)
            pieces.append(Piece(channel, Span(start_s, end_s), tuple(group)))
    return tuple(sorted(pieces, key=lambda piece: (piece.span.start_s, piece.channel)))


def pack(pieces: Iterable[Piece], cutting: Cutting = DEFAULT_CUTTING) -> tuple[Window, ...]:
    """Windows filled with pieces in the order given."""
    windows: list[Window] = []
    placed: list[Placed] = []
    for piece in pieces:
        at_s = placed[-1].end_s + cutting.between_s if placed else 0.0
        if placed and at_s + piece.span.duration_s > cutting.longest_s:
            windows.append(Window(tuple(placed)))
            placed, at_s = [], 0.0
        placed.append(Placed(piece, at_s))
    if placed:
        windows.append(Window(tuple(placed)))
    return tuple(windows)


def render(audio: Audio, window: Window, gains: Mapping[int, float]) -> NDArray[np.float32]:
    """Sound of a window, float32 [shape=(n,)] at 16 kHz, each channel times its gain."""
    sound = np.zeros(round(window.duration_s * WINDOW_RATE_HZ), dtype=np.float32)
    for placed in window.placed:
        piece = placed.piece
        heard = audio.samples[piece.channel, to_samples(piece.span, audio.sample_rate_hz, audio.n_samples)]
        if audio.sample_rate_hz != WINDOW_RATE_HZ:
            heard = soxr.resample(heard, audio.sample_rate_hz, WINDOW_RATE_HZ)
        at = round(placed.at_s * WINDOW_RATE_HZ)
        heard = heard[: len(sound) - at] * np.float32(gains.get(piece.channel, 1.0))
        n_fade = min(round(_FADE_S * WINDOW_RATE_HZ), len(heard) // 2)
        if n_fade:
            ramp = np.linspace(0.0, 1.0, n_fade, dtype=np.float32)
            heard[:n_fade] *= ramp
            heard[-n_fade:] *= ramp[::-1]
        sound[at : at + len(heard)] = np.clip(heard, -1.0, 1.0)
    return sound


def render_piece(audio: Audio, piece: Piece, gains: Mapping[int, float]) -> NDArray[np.float32]:
    """Sound of a piece alone, as `render` gives it."""
    return render(audio, Window((Placed(piece, 0.0),)), gains)


def gains(audio: Audio, speech: Mapping[int, Iterable[Span]], cutting: Cutting = DEFAULT_CUTTING) -> dict[int, float]:
    """Factor for each channel that brings its speech to the wanted RMS level; 1.0 where it is digital silence."""
    factors: dict[int, float] = {}
    for channel, spans in speech.items():
        energy, n_samples = 0.0, 0
        for span in spans:
            part = audio.samples[channel, to_samples(span, audio.sample_rate_hz, audio.n_samples)]
            energy += float(np.dot(part, part))
            n_samples += len(part)
        rms = (energy / max(1, n_samples)) ** 0.5
        if cutting.level_dbov is None or rms < _FLOOR / 10:
            factors[channel] = 1.0
            continue
        gain_db = min(cutting.most_gain_db, cutting.level_dbov - 20 * np.log10(rms))
        factors[channel] = float(10 ** (gain_db / 20))
    return factors


def _groups(audio: Audio, channel: int, spans: tuple[Span, ...], cutting: Cutting) -> list[list[Span]]:
    """Spans that are heard together: close ones joined, too long stretches cut."""
    longest_s = max(1.0, cutting.longest_s - 2 * cutting.margin_s)
    groups: list[list[Span]] = []
    for stretch in merge(spans, gap_s=cutting.join_s):
        groups += _shortened(audio, channel, list(intersect(spans, [stretch])), longest_s)
    return groups


def _shortened(audio: Audio, channel: int, group: list[Span], longest_s: float) -> list[list[Span]]:
    length_s = group[-1].end_s - group[0].start_s
    if length_s <= longest_s:
        return [group]
    if len(group) > 1:
        middle_s = (group[0].start_s + group[-1].end_s) / 2

        def worth(k: int) -> float:
            pause_s = group[k].start_s - group[k - 1].end_s
            return pause_s * (1.1 - 2 * abs(group[k].start_s - middle_s) / length_s)

        k = max(range(1, len(group)), key=worth)
        left, right = group[:k], group[k:]
    else:
        at_s = _quietest_s(audio, channel, group[0], longest_s)
        left, right = [Span(group[0].start_s, at_s)], [Span(at_s, group[0].end_s)]
    return _shortened(audio, channel, left, longest_s) + _shortened(audio, channel, right, longest_s)


def _quietest_s(audio: Audio, channel: int, span: Span, longest_s: float) -> float:
    """Middle of the quietest frame in the second half of the first `longest_s` of a span."""
    place = Span(span.start_s + longest_s / 2, min(span.start_s + longest_s, span.end_s - _HOP_S))
    heard = audio.samples[channel, to_samples(place, audio.sample_rate_hz, audio.n_samples)]
    n_hop = round(_HOP_S * audio.sample_rate_hz)
    frames = heard[: len(heard) // n_hop * n_hop].reshape(-1, n_hop)
    if not len(frames):
        return place.middle_s
    return place.start_s + (int(np.argmin(np.square(frames).sum(axis=1))) + 0.5) * _HOP_S


def spoken_s(window: Window) -> float:
    """Seconds of speech in a window."""
    return sum(total_s(placed.piece.speech) for placed in window.placed)
