"""Windows of sound to tokens and their times: Whisper in CTranslate2 form, encoded, written down and aligned.

Sound is encoded one window at a time on a CPU: the encoder's attention over 1500 frames takes 70 MB a window, which 8
windows together made 600 MB, and one after another they are a third quicker. Writing is done for a few windows
together, because each step reads all the weights. Several batches run side by side, one core each: two cores so are
both busy all the time, which two threads in one batch are not. What is in a batch does not depend on the cores.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from callaudit.text.punctuation import is_chinese
from callaudit.transcribe.windows import WINDOW_RATE_HZ

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

LEAST_OTHER = 0.02
"""Probability of a token from which it is kept as another that may have been written."""

LEAST_LENGTH = 0.8
"""A second hearing that is shorter than this, in tokens of the first, has stopped before the end."""

MOST_WORKERS = 4
"""Batches side by side at most; each holds some 200 MB while it works."""

Task = TypeVar("Task")
Result = TypeVar("Result")

_MOST_TOKENS = 448
_FRAMES_PER_S = 100
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Row:
    """One token or a few that make up characters: [start_s, end_s] in the window, mean probability of the tokens."""

    text: str
    tokens: tuple[int, ...]
    start_s: float
    end_s: float
    prob: float


@dataclass(frozen=True, slots=True)
class Written:
    """Tokens written for a sound and their log-probability.

    `others` holds, for each place where the token was in doubt, what was weighed there, the token itself included, and
    its probability, the likeliest first.
    """

    tokens: tuple[int, ...]
    logprob: float
    no_speech_prob: float
    others: Mapping[int, tuple[tuple[int, float], ...]]

    @property
    def avg_logprob(self) -> float:
        """Mean log-probability of the tokens, the end among them, at most 0."""
        return self.logprob / (len(self.tokens) + 1)


class Decoder:
    """A loaded model and a language.

    Parameters
    ----------
    spoken_numbers : Chinese numbers are written as they are spoken (四十, not 40), by barring digits
    """

    def __init__(self, model: WhisperModel, language: str, *, spoken_numbers: bool) -> None:
        from faster_whisper.tokenizer import Tokenizer

        self._model = model
        self._tokenizer = Tokenizer(
            model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
        )
        self._barred = _barred(self._tokenizer, digits=spoken_numbers and is_chinese(language))

    def text(self, tokens: Sequence[int]) -> str:
        """What the tokens say."""
        return str(self._tokenizer.decode([token for token in tokens if token < self._tokenizer.eot]))

    def write(self, encoded: Any, n: int, *, most: int, beam_size: int) -> list[Written]:
        """What is said in each of `n` encoded sounds, in at most `most` tokens; `others` only with a beam of 1."""
        prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        results = self._model.model.generate(
            encoded,
            [prompt] * n,
            beam_size=beam_size,
            max_length=min(_MOST_TOKENS, 2 * most),  # CTranslate2 leaves half of it for the prompt
            return_scores=True,
            return_logits_vocab=beam_size == 1,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._barred,
        )
        written: list[Written] = []
        for result in results:
            tokens = tuple(result.sequences_ids[0])
            others = self._others(tokens, result.logits[0]) if beam_size == 1 else {}
            written.append(Written(tokens, result.scores[0] * len(tokens), result.no_speech_prob, others))
        return written

    def _others(self, tokens: Sequence[int], logits: Sequence[Any]) -> dict[int, tuple[tuple[int, float], ...]]:
        found: dict[int, tuple[tuple[int, float], ...]] = {}
        for place, (token, row) in enumerate(zip(tokens, logits, strict=False)):
            weights = np.array(row, dtype=np.float32)
            weights[self._barred] = -np.inf
            top = float(weights.max())
            np.exp(weights - top, out=weights)
            whole = float(weights.sum())
            likely = np.flatnonzero(weights >= LEAST_OTHER * whole)
            seen = [
                (int(one), float(weights[one]) / whole) for one in likely if one not in (token, self._tokenizer.eot)
            ]
            if seen:
                found[place] = tuple(sorted(seen, key=lambda pair: (-pair[1], pair[0])))
        return found

    def align(self, encoded: Any, written: Sequence[Written], lengths_s: Sequence[float]) -> list[list[Row]]:
        """When each token of each encoded sound is heard.

        One sound at a time on a CPU: the odds of all tokens of the vocabulary at each place of a text are held at once.
        """
        tokens: Any = [[token for token in one.tokens if token < self._tokenizer.eot] for one in written]
        frames: Any = [round(length_s * _FRAMES_PER_S) for length_s in lengths_s]
        step = 1 if isinstance(encoded, np.ndarray) else len(tokens)
        found: list[list[Row]] = []
        for k in range(0, len(tokens), step):
            part = on_device(encoded[k : k + 1]) if isinstance(encoded, np.ndarray) else encoded
            for rows in self._model.find_alignment(self._tokenizer, tokens[k : k + step], part, frames[k : k + step]):
                found.append(
                    [Row(r["word"], tuple(r["tokens"]), r["start"], r["end"], float(r["probability"])) for r in rows]
                )
        return found


def better(first: Written, second: Written) -> Written:
    """The likelier of two hearings of one sound; the second is none if it has stopped early.

    What the first had weighed is kept for the places where both agree, or differ token by token.

    >>> one = Written((5, 6, 7), -3.0, 0.0, {1: ((6, 0.4), (8, 0.3))})
    >>> better(one, Written((4, 5, 8, 7), -2.0, 0.0, {}))
    Written(tokens=(4, 5, 8, 7), logprob=-2.0, no_speech_prob=0.0, others={2: ((6, 0.4), (8, 0.3))})
    >>> better(one, Written((5,), -0.1, 0.0, {})) is one
    True
    """
    if second.avg_logprob <= first.avg_logprob or len(second.tokens) < LEAST_LENGTH * len(first.tokens):
        return first
    others: dict[int, tuple[tuple[int, float], ...]] = {}
    for kind, a, b, c, d in SequenceMatcher(None, first.tokens, second.tokens, autojunk=False).get_opcodes():
        if kind == "equal" or b - a == d - c:
            others |= {c + k: first.others[a + k] for k in range(b - a) if a + k in first.others}
    return replace(second, others=others)


def encode(model: WhisperModel, sounds: Sequence[NDArray[np.float32]], pad_s: float) -> Any:
    """What the decoder listens to, for sounds at 16 kHz padded to the longest and `pad_s` seconds beyond.

    A numpy array float32 [shape=(sounds, frames, width)] on a CPU, CTranslate2's own on other devices.
    """
    extractor = model.feature_extractor
    longest_s = max(len(sound) for sound in sounds) / WINDOW_RATE_HZ + pad_s
    n_frames = min(int(extractor.nb_max_frames), int(np.ceil(longest_s)) * _FRAMES_PER_S)
    features = np.zeros((len(sounds), extractor.mel_filters.shape[0], n_frames), dtype=np.float32)
    for k, sound in enumerate(sounds):
        feature = extractor(sound)[:, :n_frames]
        features[k, :, : feature.shape[1]] = feature
    if model.model.device != "cpu":
        return model.encode(features)
    return np.concatenate([np.asarray(model.encode(features[k : k + 1])) for k in range(len(sounds))])


def on_device(encoded: Any) -> Any:
    """The same for CTranslate2."""
    from ctranslate2 import StorageView

    return StorageView.from_array(encoded) if isinstance(encoded, np.ndarray) else encoded


def n_workers(threads: int, device: str) -> tuple[int, int]:
    """How many batches run side by side, and with how many threads each; `threads` 0 means all cores.

    >>> n_workers(1, "cpu"), n_workers(2, "cpu"), n_workers(16, "cpu"), n_workers(16, "cuda")
    ((1, 1), (2, 1), (4, 4), (1, 16))
    """
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    n_threads = threads or (len(affinity(0)) if affinity else os.cpu_count() or 1)
    workers = 1 if device != "cpu" else min(n_threads, MOST_WORKERS)
    return workers, max(1, n_threads // workers)


def side_by_side(work: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> Iterator[Result]:
    """The results in the order of the tasks."""
    if workers == 1 or len(tasks) < 2:
        yield from map(work, tasks)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(work, tasks)


def batches(tasks: Sequence[Task], size: int) -> list[Sequence[Task]]:
    """The tasks in an even number of batches of nearly one size, at most `size`: two workers are done together.

    >>> [len(batch) for batch in batches(range(9), 5)], [len(batch) for batch in batches(range(11), 5)]
    ([5, 4], [3, 3, 3, 2])
    >>> batches([], 5), batches("a", 5)
    ([], ['a'])
    """
    n = min(len(tasks), 2 * -(-len(tasks) // (2 * size)))
    ends = [-(-len(tasks) * k // n) for k in range(n + 1)] if n else []
    return [tasks[at:end] for at, end in pairwise(ends)]


def _barred(tokenizer: Tokenizer, *, digits: bool) -> list[int]:
    """Tokens that are never written: what Whisper bars by itself, and digits where numbers are to be spelled out."""
    own = (tokenizer.transcribe, tokenizer.translate, tokenizer.sot, tokenizer.sot_prev, tokenizer.sot_lm)
    barred = {*tokenizer.non_speech_tokens, *own, tokenizer.no_speech}
    if digits:
        written = tokenizer.tokenizer.get_vocab().items()
        barred |= {token for text, token in written if token < tokenizer.eot and not _DIGITS.isdisjoint(text)}
    return sorted(barred)
