"""What a sentence sounds like, as a vector: its syllables and their pairs, whatever characters they are written in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from callaudit.text.listen import say, sound_ids
from callaudit.text.pinyin import OTHER

N_PLACES = 1024
"""Places of a vector; two pairs of syllables share one rarely enough."""

_STRIDE = 977
"""Prime by which pairs are spread over the places."""


def traces(sentences: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors float32 [shape=(sentences, N_PLACES)] with the same value wherever a syllable or a pair occurs.

    Homophones leave the same trace; what says nothing leaves none (all zeros).

    >>> one, same, other = traces(["请稍等", "请捎等", "再见"])
    >>> float(one @ same) > 0.99, float(one @ other)
    (True, 0.0)
    """
    found = np.zeros((len(sentences), N_PLACES), dtype=np.float32)
    for row, sentence in zip(found, sentences, strict=True):
        chars = say(sentence)
        ids = np.asarray(sound_ids(chars), dtype=np.int64)
        silent = ids == OTHER  # Latin words: their letters
        ids[silent] = [OTHER + ord(char) for char, other in zip(chars, silent, strict=True) if other]
        row[ids % N_PLACES] = 1.0
        row[(ids[:-1] * _STRIDE + ids[1:] + 1) % N_PLACES] = 1.0
    found /= np.maximum(np.sqrt(found.sum(axis=1, keepdims=True)), 1.0)
    return found
