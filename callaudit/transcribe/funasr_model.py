"""Sound into timed tokens by a SenseVoice or Paraformer network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callaudit.errors import EngineError
from callaudit.transcribe.alignment import Timed
from callaudit.transcribe.fbank import HOP_S, RATE_HZ, fbank, stacked
from callaudit.transcribe.funasr_folder import Network, Recipe

SPOKEN = ("zh", "yue", "en", "ja", "ko")
"""Languages of SenseVoice-Small."""

HALF_CHARACTER_S = 0.125
"""How far a character reaches on either side of its CTC spike, unless the next is nearer: half of 0.25 s, a syllable of
unhurried Mandarin. CTC says where a token is surest, not where it begins and ends."""

FIRE_LEAD_S = -0.03
"""Paraformer's times are this far after the sound (FunASR, timestamp_utils: 1.5 steps of 0.02 s)."""

_FRAME_CENTRE_S = 0.0125
_LEAST_SAMPLES = 1600
_FIRES = 1.0 - 1e-4
_UPSAMPLED = 3
_ROWS = 32
_PREFIX = 4
"""Rows that SenseVoice answers before the sound: language, emotion, event, text form."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a network made of one sound.

    `timed` in the sound's seconds; `avg_logprob` the mean log-probability of its tokens, 0 where there are none;
    `languages` how likely each is, in [0, 1], the likeliest first, empty for a network that does not say;
    `no_speech_prob` in [0, 1], 0 likewise.
    """

    timed: tuple[Timed, ...]
    avg_logprob: float
    languages: tuple[tuple[str, float], ...] = ()
    no_speech_prob: float = 0.0


def hear(network: Network, sound: NDArray[np.float32], language: str = "auto") -> Told:
    """What a network makes of a sound.

    Parameters
    ----------
    sound : float32 [shape=(n,)], in [-1, 1], at 16 kHz
    language : one of `SPOKEN`, or ``auto``; Paraformer hears Chinese with English words whatever it is

    Raises
    ------
    EngineError
        The network broke off.
    """
    recipe = network.recipe
    values = [_features(recipe, sound)]
    values += [np.array([values[0].shape[1]], dtype=np.int32)]
    if network.kind == "sense-voice":
        values += [np.array([number], dtype=np.int32) for number in (recipe.languages[language], recipe.spoken_form)]
    names = [entry.name for entry in network.session.get_inputs()]
    duration_s = len(sound) / RATE_HZ
    try:
        answers = network.session.run(None, dict(zip(names, values, strict=True)))
    except Exception as error:  # onnxruntime raises its own C++ classes, which share no documented base
        if network.kind == "paraformer" and _nothing_fired(error):
            return Told((), -np.inf)
        raise EngineError(f"model {network.name} failed on a piece of {duration_s:.1f} s: {error}") from error
    return _of_ctc(recipe, answers) if network.kind == "sense-voice" else _of_fires(recipe, answers, duration_s)


def _features(recipe: Recipe, sound: NDArray[np.float32]) -> NDArray[Any]:
    """Stacked and normalised features, float32 [shape=(1, rows, bands)]."""
    padded = np.pad(sound, (0, max(0, _LEAST_SAMPLES - len(sound)))).astype(np.float32)
    rows = stacked(fbank(padded * np.float32(recipe.scale)), recipe.window, recipe.shift)
    return ((rows + recipe.mean) * recipe.factor).astype(np.float32)[None]


def _of_ctc(recipe: Recipe, answers: Sequence[NDArray[Any]]) -> Told:
    """SenseVoice's answer: after the tags, a row of tokens for each frame, of which runs of one token are one."""
    tags = _log_softmax(answers[0][0][:_PREFIX])
    best, logs = _likeliest(answers[0][0][_PREFIX:])
    edges = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    spikes: list[Timed] = []
    for start, end in pairwise(edges):
        token = int(best[start]) if start < end else recipe.blank
        if token != recipe.blank and not _is_tag(recipe.tokens[token]):
            centre_s = (start + end - 1) / 2 * recipe.shift * HOP_S + _FRAME_CENTRE_S
            log = float(logs[start:end].max())
            spikes.append(Timed(recipe.tokens[token].replace("▁", " "), centre_s, centre_s, log))
    spoken = [(name, _tag_prob(recipe, tags, name)) for name in SPOKEN]
    ranked = tuple(sorted(spoken, key=lambda pair: -pair[1]))
    return Told(_widened(spikes), _mean([spike.prob for spike in spikes]), ranked, _tag_prob(recipe, tags, "nospeech"))


def _widened(spikes: Sequence[Timed]) -> tuple[Timed, ...]:
    """Tokens with a length, from their spikes; what is a log-probability there is a probability here."""
    centres_s = [spike.start_s for spike in spikes]
    halves_s = [(a + b) / 2 for a, b in pairwise(centres_s)]
    starts_s = [max(0.0, c - HALF_CHARACTER_S, h) for c, h in zip(centres_s, [0.0, *halves_s], strict=False)]
    ends_s = [min(c + HALF_CHARACTER_S, h) for c, h in zip(centres_s, [*halves_s, np.inf], strict=False)]
    return tuple(
        Timed(spike.text, start_s, end_s, float(np.exp(spike.prob)))
        for spike, start_s, end_s in zip(spikes, starts_s, ends_s, strict=True)
    )


def _tag_prob(recipe: Recipe, tags: NDArray[np.float64], name: str) -> float:
    """Probability of a language in the first row; 0 where the network has no such tag."""
    tag = f"<|{name}|>"
    return float(np.exp(tags[0, recipe.tokens.index(tag)])) if tag in recipe.tokens else 0.0


def _of_fires(recipe: Recipe, answers: Sequence[NDArray[Any]], duration_s: float) -> Told:
    """Paraformer's answer: one row for each token, and the moments at which the predictor fired."""
    best, logs = _likeliest(answers[0][0][: int(np.ravel(answers[1])[0])])
    names = [recipe.tokens[token] for token in best.tolist()]
    names = names[: names.index("</s>")] if "</s>" in names else names
    step_s = recipe.shift * HOP_S / _UPSAMPLED
    fires_s = np.flatnonzero(np.ravel(answers[3][0]) >= _FIRES) * step_s + FIRE_LEAD_S
    times_s = _as_many(np.clip(fires_s, 0.0, duration_s), len(names) + 1, duration_s)
    timed: list[Timed] = []
    told: list[float] = []
    open_word = False
    for k, name in enumerate(names):
        if _is_tag(name):
            continue
        told.append(float(logs[k]))
        apart = " " if name.isascii() and not open_word else ""
        text = apart + name.removesuffix("@@")
        end_s = min(times_s[k + 1], times_s[k] + 2 * HALF_CHARACTER_S)  # the next fire may lie behind a pause
        timed.append(Timed(text, float(times_s[k]), float(end_s), float(np.exp(told[-1]))))
        open_word = name.endswith("@@")
    return Told(tuple(timed), _mean(told))


def _likeliest(answers: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The likeliest token of each row and its log-probability.

    A few rows at a time: 30 s of SenseVoice are 500 rows of 25,055 numbers.
    """
    best = np.argmax(answers, axis=1) if len(answers) else np.zeros(0, dtype=np.intp)
    logs = [_log_softmax(answers[k : k + _ROWS]).max(axis=1) for k in range(0, len(answers), _ROWS)]
    return best, np.concatenate(logs) if logs else np.zeros(0)


def _log_softmax(answers: NDArray[Any]) -> NDArray[np.float64]:
    """Log-probabilities of each row; unchanged where they are that already."""
    shifted = answers.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True, initial=-np.inf)
    logs: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs


def _as_many(times_s: NDArray[np.float64], n_times: int, duration_s: float) -> NDArray[np.float64]:
    """The times, interpolated where the network fired more or less often than it wrote."""
    if len(times_s) == n_times:
        return times_s
    if len(times_s) < 2:
        return np.linspace(0.0, duration_s, n_times)
    return np.interp(np.linspace(0, len(times_s) - 1, n_times), np.arange(len(times_s)), times_s)


def _is_tag(token: str) -> bool:
    """Whether a token is a mark of the model, not text: ``<|zh|>``, ``<s>``, ``<unk>``, ``<blank>``."""
    return len(token) > 2 and token.startswith("<") and token.endswith(">")


def _nothing_fired(error: Exception) -> bool:
    """Whether a Paraformer broke off because nobody speaks: its decoder cannot take an empty row."""
    return type(error).__name__ == "RuntimeException" and "alloc" not in str(error).lower()


def _mean(logs: Sequence[float]) -> float:
    return sum(logs) / len(logs) if logs else 0.0
