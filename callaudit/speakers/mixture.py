"""A background model of all speech of a call, and what each stretch adds to it.

The model, a mixture of Gaussians, stands for the sounds of the language; a voice is the offset from it, sound by
sound. So two stretches are compared by how they say the same sounds, not by which sounds they happened to hold.

References
----------
.. [1] D. Reynolds, T. Quatieri, R. Dunn, "Speaker verification using adapted Gaussian mixture models", Digital
   Signal Processing 10 (2000), eqs. 7 to 13.
.. [2] O. Glembek et al., "Comparison of scoring methods used in speaker recognition with joint factor analysis",
   ICASSP 2009: scores linear in these sums, at the sounds' occupation under the background model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]

_MOST_SOUNDS = 32
_FRAMES_PER_SOUND = 60
_TRAINING_FRAMES = 20_000
_BLOCK = 50_000
_LEAST_VARIANCE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Offsets:
    """How much of each sound every unit holds, and how far it lies from the background there.

    Attributes
    ----------
    counts : float64 [shape=(units, sounds)], frames; a row sums to the unit's frames
    sums : float64 [shape=(units, sounds · features)], sums over frames of offsets in standard deviations
    """

    counts: Floats
    sums: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Mixture:
    weights: Floats
    means: Floats
    variances: Floats


def offsets(features: Floats, unit: NDArray[np.intp], n_units: int) -> Offsets:
    """Occupation and offset per unit against a background model of all the frames.

    Parameters
    ----------
    features : float64 [shape=(frames, features)], at least one frame
    unit : [shape=(frames,)], index of the unit that holds the frame, in [0, n_units)
    """
    spread = np.maximum(features.std(axis=0), 1e-9)
    normal = (features - features.mean(axis=0)) / spread
    mixture = _background(normal[:: max(1, len(normal) // _TRAINING_FRAMES)])
    n_sounds, n_features = mixture.means.shape
    counts, sums = np.zeros((n_units, n_sounds)), np.zeros((n_units, n_sounds, n_features))
    for start in range(0, len(normal), _BLOCK):
        block = normal[start : start + _BLOCK]
        shares = _shares(block, mixture)
        rows = (unit[start : start + _BLOCK], np.arange(len(block)))
        gather = sparse.csr_array((np.ones(len(block)), rows), shape=(n_units, len(block)))
        counts += gather @ shares
        for sound in range(n_sounds):
            offset = (block - mixture.means[sound]) / np.sqrt(mixture.variances[sound])
            sums[:, sound] += gather @ (shares[:, sound, None] * offset)
    return Offsets(counts, sums.reshape(n_units, -1))


def _background(frames: Floats) -> _Mixture:
    """Mixture by k-means and expectation maximisation from frames drawn with a fixed seed."""
    n_sounds = int(np.clip(len(frames) // _FRAMES_PER_SOUND, 1, _MOST_SOUNDS))
    means = frames[np.random.default_rng(0).choice(len(frames), n_sounds, replace=False)]
    for _ in range(5):
        nearest = ((means**2).sum(axis=1) - 2 * frames @ means.T).argmin(axis=1)
        means = np.stack(
            [frames[nearest == k].mean(axis=0) if (nearest == k).any() else means[k] for k in range(n_sounds)]
        )
    mixture = _Mixture(
        np.full(n_sounds, 1 / n_sounds), means, np.tile(frames.var(axis=0) + _LEAST_VARIANCE, (n_sounds, 1))
    )
    for _ in range(8):
        shares = _shares(frames, mixture)
        counts = shares.sum(axis=0) + 1e-6
        means = shares.T @ frames / counts[:, None]
        variances = np.maximum(shares.T @ frames**2 / counts[:, None] - means**2, 0.0) + _LEAST_VARIANCE
        mixture = _Mixture(counts / counts.sum(), means, variances)
    return mixture


def _shares(frames: Floats, mixture: _Mixture) -> Floats:
    """Probability of each sound given the frame; float64 [shape=(frames, sounds)]."""
    precision = 1 / mixture.variances
    constant = np.log(mixture.weights) + 0.5 * (np.log(precision) - mixture.means**2 * precision).sum(axis=1)
    log_prob = constant - 0.5 * frames**2 @ precision.T + frames @ (mixture.means * precision).T
    likely = np.exp(log_prob - log_prob.max(axis=1, keepdims=True))
    shares: Floats = likely / likely.sum(axis=1, keepdims=True)
    return shares
