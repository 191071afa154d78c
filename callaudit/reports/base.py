"""What every report format shares: its options, its registration, and the two calls that make a report.

A format is one file of this package whose renderer carries `@report(name, suffix=…)`; walking the package registers it,
and `formats()` tells the command line its choices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callaudit.records import Audit, Failed, Speaker


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Outline of one channel: `peaks` float32 [shape=(n, 2)], in [-1, 1], are the extremes of each step.

    Row k holds the lowest and the highest sample of [k·step_s, (k+1)·step_s); `speaker` is "unknown" where the channel
    carries both parties.
    """

    channel: int
    speaker: Speaker
    step_s: float
    peaks: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.peaks.ndim != 2 or self.peaks.shape[1] != 2:
            raise ValueError(f"peaks must have the shape (n, 2), got {self.peaks.shape}")
        if not self.step_s > 0:
            raise ValueError(f"step_s must be above 0, got {self.step_s}")


@dataclass(frozen=True, slots=True)
class Clip:
    """Sound of the whole call as a browser plays it: `mime` such as audio/mpeg, `data` the file's bytes."""

    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How to draw: `width` in columns of the terminal (text), `color` on or off (text), the call's sound (html)."""

    width: int = 100
    color: bool = False
    waveform: tuple[Waveform, ...] = ()
    clip: Clip | None = None


Renderer = Callable[[Sequence[Audit], Sequence[Failed], Sequence[ReportOptions]], str]
"""Audits, recordings that could not be audited, and one options value per audit (at least one) → the report."""


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a report; `suffix` is that of its files, with the dot."""

    name: str
    suffix: str
    renderer: Renderer


_FORMATS: dict[str, Format] = {}


def report(name: str, *, suffix: str) -> Callable[[Renderer], Renderer]:
    """Register a renderer under the name that `--format` takes."""

    def register(renderer: Renderer) -> Renderer:
        if name in _FORMATS:
            raise ValueError(f"two report formats are named {name!r}")
        _FORMATS[name] = Format(name, suffix, renderer)
        return renderer

    return register


def formats() -> tuple[str, ...]:
    """Names of all formats, sorted."""
    return tuple(sorted(_FORMATS))


def format_named(name: str) -> Format:
    """The format of that name; ValueError where none has it."""
    if name not in _FORMATS:
        raise ValueError(f"no report format is named {name!r}; there are {', '.join(formats())}")
    return _FORMATS[name]


def render(audit: Audit, format: str, options: ReportOptions | None = None) -> str:
    """Report of one audit.

    Parameters
    ----------
    audit : Audit
    format : str
        One of `formats()`.
    options : ReportOptions, optional

    Raises
    ------
    ValueError
        No format has that name, or a number of the audit is NaN or infinite (json).
    """
    return render_many((audit,), (), format, options)


def render_many(
    audits: Sequence[Audit],
    failed: Sequence[Failed],
    format: str,
    options: ReportOptions | Sequence[ReportOptions] | None = None,
) -> str:
    """One report of several audits, and of the recordings that could not be audited.

    Parameters
    ----------
    audits, failed : sequences, either may be empty, not both
    format : str
        One of `formats()`.
    options : ReportOptions or one per audit, optional
        A sound belongs to one call: a single value with a waveform or a clip serves one audit only.

    Raises
    ------
    ValueError
        Nothing to report, options that do not fit the audits, or as `render`.
    """
    if not audits and not failed:
        raise ValueError("a report needs at least one audit or one failed recording")
    return format_named(format).renderer(tuple(audits), tuple(failed), _spread(options, len(audits)))


def _spread(options: ReportOptions | Sequence[ReportOptions] | None, n_audits: int) -> tuple[ReportOptions, ...]:
    if options is None or isinstance(options, ReportOptions):
        one = options or ReportOptions()
        if n_audits > 1 and (one.waveform or one.clip):
            raise ValueError("the sound of one call was given for several; give one ReportOptions per audit")
        return (one,) * max(1, n_audits)
    if len(options) != n_audits:
        raise ValueError(f"{n_audits} audits need as many options, got {len(options)}")
    return tuple(options) or (ReportOptions(),)
