"""Sampling plans: the same calls are drawn in whatever order they come, evenly, and by agent and day."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from callaudit.batch.places import FoundFile, location_of
from callaudit.batch.sampling import ALL, Plan, drawn, plan_of
from callaudit.batch.sources import Search, name_of
from callaudit.config import Order, RecordingsConfig
from callaudit.errors import ConfigError

BY_NAME = RecordingsConfig(filename_pattern=r"(?P<agent_id>\d+)_(?P<started_at>\d{8}_\d{6})")


def named(files: object) -> list[str]:
    return [name_of(one.location) for one in files]  # type: ignore[attr-defined]  # an iterable of FoundFile


def made_up(n: int) -> list[FoundFile]:
    """Files that nobody needs to read: what they hold is known."""
    return [FoundFile(f"/nowhere/{k:05}.wav", 1, recording_id=f"{k:064x}") for k in range(n)]


def of_agents(
    n_each: int, agents: tuple[str, ...] = ("8016", "8017"), days: tuple[str, ...] = ("20261120",)
) -> list[FoundFile]:
    return [
        FoundFile(f"/nowhere/{agent}_{day}_10{k:02}00.wav", 1, recording_id=f"{agent}{day}{k:052}")
        for agent in agents
        for day in days
        for k in range(n_each)
    ]


@pytest.mark.parametrize("wrong", ["", "some", "0 per agent", "per agent", "0%", "101%", "-5%", "3 per day"])
def test_a_plan_that_means_nothing_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match="no sampling plan is written"):
        plan_of(wrong)


def test_plans_as_people_write_them() -> None:
    assert plan_of("ALL") == ALL
    assert plan_of(" 2  per agent", "s") == Plan(per_agent=2, seed="s")
    assert plan_of("0.5 %") == Plan(share=Fraction(1, 200))
    assert [plan_of(text).is_partial for text in ("all", "100%", "99%", "9 per agent")] == [False, False, True, True]


def test_a_share_is_that_share_and_the_same_files_whatever_their_order() -> None:
    files = made_up(10_000)
    plan = plan_of("10%")
    first = list(drawn(files, plan))
    assert len(first) == pytest.approx(1000, abs=120)  # four standard deviations of a fair draw
    shuffled = random.Random(1).sample(files, len(files))
    assert {one.location for one in drawn(shuffled, plan)} == {one.location for one in first}
    larger = {one.location for one in drawn(files, plan_of("20%"))}
    assert {one.location for one in first} < larger
    other = {one.location for one in drawn(files, plan_of("10%", "another seed"))}
    assert len(other & {one.location for one in first}) == pytest.approx(100, abs=40)


def test_each_agent_has_as_many_a_day_as_the_plan_says() -> None:
    files = of_agents(9, days=("20261120", "20261121")) + of_agents(2, agents=("8018",))
    plan = plan_of("3 per agent")
    first = list(drawn(files, plan, settings=BY_NAME))
    count = Counter(name_of(one.location)[:13] for one in first)
    assert count == {
        "8016_20261120": 3, "8016_20261121": 3, "8017_20261120": 3, "8017_20261121": 3, "8018_20261120": 2,
    }  # fmt: skip
    for seed in range(5):
        shuffled = random.Random(seed).sample(files, len(files))
        assert list(drawn(shuffled, plan, settings=BY_NAME)) == first


def test_a_recording_under_two_names_is_drawn_once_under_the_first() -> None:
    one = FoundFile("/nowhere/8016_20261120_100000.wav", 1, recording_id="a" * 64)
    again = FoundFile("/nowhere/8016_20261120_110000.wav", 1, recording_id="a" * 64)
    other = FoundFile("/nowhere/8016_20261120_120000.wav", 1, recording_id="b" * 64)
    for files in ([one, again, other], [other, again, one]):
        assert list(drawn(files, plan_of("2 per agent"), settings=BY_NAME)) == [one, other]


def test_agent_and_time_come_from_the_sidecar_before_the_name(tmp_path: Path) -> None:
    for k in range(6):
        (tmp_path / f"1_20261120_10000{k}.wav").write_text(str(k))
        about = {"agent_id": "8016" if k < 3 else "8017", "started_at": f"2026-11-20T0{9 - k}:00:00+08:00"}
        (tmp_path / f"1_20261120_10000{k}.meta.json").write_text(json.dumps(about))
    files = list(Search([str(tmp_path)], settle_s=0.0))
    one_each = list(drawn(files, plan_of("1 per agent"), settings=BY_NAME))
    assert [name_of(one.location) < "1_20261120_100003" for one in one_each] == [True, False]
    assert all(one.recording_id and len(one.recording_id) == 64 for one in one_each)
    assert named(drawn(files, order="newest", settings=BY_NAME))[0] == "1_20261120_100000.wav"
    assert named(drawn(files, order="oldest", settings=BY_NAME))[0] == "1_20261120_100005.wav"


def test_orders(tmp_path: Path) -> None:
    began = {"a": "20261119_090000", "b": "20261121_090000", "c": "20261120_090000"}
    arrived = {"a": 3000, "b": 1000, "c": 2000}
    for letter in began:
        file = tmp_path / f"{letter}8016_{began[letter]}.wav"
        file.write_text(letter)
        os.utime(file, (arrived[letter],) * 2)
    files = list(Search([str(tmp_path)], settle_s=0.0))

    orders: dict[Order, str] = {"found": "abc", "newest": "bca", "oldest": "acb", "waiting": "bca"}
    for order, wanted in orders.items():
        assert "".join(name[0] for name in named(drawn(files, ALL, order, BY_NAME))) == wanted


def test_what_cannot_be_read_is_handed_on_so_that_its_failure_is_told(tmp_path: Path) -> None:
    gone = FoundFile(location_of(tmp_path / "gone.wav"), 5)
    empty = FoundFile(location_of(tmp_path / "empty.wav"), 0)
    for plan in ("0.0001%", "1 per agent"):
        assert {gone, empty} <= set(drawn([gone, empty, *made_up(3)], plan_of(plan)))


def test_a_broken_sidecar_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "1.wav").write_text("x")
    (tmp_path / "1.meta.json").write_text("{")
    files = list(Search([str(tmp_path)], settle_s=0.0))
    assert named(drawn(files, plan_of("1 per agent"), "newest")) == ["1.wav"]
