"""What a judgement may use besides the call; with none of it every rule still gives a verdict, or says why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns sentences into vectors that lie close where the sentences mean alike."""

    @property
    def name(self) -> str:
        """Name and version; a change of either may change a judgement."""

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32 [shape=(sentences, dimensions)]; a sentence has the same one in any company."""


@dataclass(frozen=True, slots=True)
class Aids:
    """What is at hand: `encoder` compares by meaning."""

    encoder: Encoder | None = None


NO_AIDS = Aids()
