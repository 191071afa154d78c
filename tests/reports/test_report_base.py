from __future__ import annotations

import numpy as np
import pytest

from callaudit.records import Audit, Failed
from callaudit.reports import Clip, ReportOptions, Waveform, format_named, formats, render, render_many
from callaudit.reports.waveform import MOST_POINTS, downsampled


def test_all_formats_are_registered() -> None:
    assert formats() == ("csv", "html", "json", "text")
    assert [format_named(name).suffix for name in formats()] == [".csv", ".html", ".json", ".txt"]


def test_an_unknown_format_names_the_known(audit: Audit) -> None:
    with pytest.raises(ValueError, match="'xml'; there are csv, html, json, text"):
        render(audit, "xml")


@pytest.mark.parametrize("format", formats())
def test_every_format_takes_failed_recordings_alone(failed: Failed, format: str) -> None:
    assert "不是音频" in render_many([], [failed], format)


@pytest.mark.parametrize("format", formats())
def test_every_format_is_deterministic(audit: Audit, clean: Audit, format: str) -> None:
    assert render_many([audit, clean], [], format) == render_many([audit, clean], [], format)


def test_nothing_to_report_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one"):
        render_many([], [], "text")


def test_one_sound_is_not_given_to_two_calls(audit: Audit, clean: Audit) -> None:
    with pytest.raises(ValueError, match="one ReportOptions per audit"):
        render_many([audit, clean], [], "html", ReportOptions(clip=Clip("audio/mpeg", b"x")))
    with pytest.raises(ValueError, match="2 audits need as many options, got 1"):
        render_many([audit, clean], [], "html", [ReportOptions()])


def test_thinning_keeps_a_lone_peak() -> None:
    peaks = np.zeros((12_345, 2), dtype=np.float32)
    peaks[7_777] = -0.5, 0.75
    thin = downsampled(Waveform(0, "agent", 0.1, peaks))
    assert len(thin.peaks) <= MOST_POINTS
    assert (thin.peaks.min(), thin.peaks.max()) == (-0.5, 0.75)
    at = int(thin.peaks[:, 1].argmax())
    assert at * thin.step_s <= 777.7 < (at + 1) * thin.step_s


def test_a_waveform_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
        Waveform(0, "agent", 0.1, np.zeros(4, dtype=np.float32))
