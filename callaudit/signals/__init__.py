"""What sounds on a call and is not speech, found before speech is looked for.

Every detector of voices takes something else for one (ringing, for the most part), so ringing, busy tones, keys, music
and noise are found first. Spans of music and noise say what sounds, not that nobody speaks: a party may talk over
both, and speech is looked for inside them. Where tones sound nobody is connected, and speech need not be.
"""

from __future__ import annotations

from callaudit.records import Audio, Signal, VoiceProbability
from callaudit.signals.busy import find_busy
from callaudit.signals.dropouts import dropout_notes, find_dropouts
from callaudit.signals.dtmf import find_dtmf
from callaudit.signals.music import find_music
from callaudit.signals.noise import find_noise
from callaudit.signals.ring import find_rings
from callaudit.signals.sounding import sounding
from callaudit.signals.spectrum import frames_of
from callaudit.signals.tones import find_bursts

__all__ = ["dropout_notes", "find_signals"]


def find_signals(audio: Audio, voice: VoiceProbability) -> tuple[Signal, ...]:
    """Every ring-back, busy and congestion tone, key press, stretch of music, burst of noise and drop-out, by time.

    Parameters
    ----------
    audio : Audio [samples: float32, shape=(channels, n), in [-1, 1]; 8000 Hz or more]
    voice : VoiceProbability [probs: float32, shape=(channels, frames)]
        Of the same recording.

    Returns
    -------
    tuple of Signal
        Each on one channel. `bursts` holds one span per ring, per beat of a busy tone, per key; none for music,
        noise and drop-outs. Ringing is reported wherever its rhythm is heard, for a transferred call rings again.
    """
    if voice.probs.shape[0] != audio.n_channels:
        raise ValueError(f"voice has {voice.probs.shape[0]} channels, the audio {audio.n_channels}")
    found: list[Signal] = []
    for channel in range(audio.n_channels):
        found += _on_channel(audio, voice, channel)
    return tuple(sorted(found, key=lambda signal: (signal.span, signal.channel, signal.kind)))


def _on_channel(audio: Audio, voice: VoiceProbability, channel: int) -> list[Signal]:
    samples, rate_hz = audio.samples[channel], audio.sample_rate_hz
    frames = frames_of(samples, rate_hz)
    bursts = find_bursts(samples, rate_hz, frames)
    busy = find_busy(bursts, frames, channel)
    beats = {beat for signal in busy for beat in signal.bursts}
    rings = find_rings([burst for burst in bursts if burst.span not in beats], frames, channel)
    keys = find_dtmf(samples, rate_hz, frames, channel)
    tones = [burst for signal in (*busy, *rings, *keys) for burst in signal.bursts]
    sound = sounding(frames, voice.probs[channel], voice.hop_s, tones)
    music = find_music(sound, channel)
    noise = find_noise(sound, channel, tuple(signal.span for signal in music))
    dropouts = find_dropouts(frames, sound, channel, [signal.span for signal in (*rings, *busy, *keys, *music)])
    return [*rings, *busy, *keys, *music, *noise, *dropouts]
