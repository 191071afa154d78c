"""A Ray cluster of several machines, played by this one: a machine goes while calls are at work on it."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callaudit.batch.executors.ray import Ray
from callaudit.batch.tasks import Done, Lost, Task
from tests.batch.errands import Errands
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed (the extra ray)"),
]


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head that takes no work, and two machines with room for one worker each."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    cluster.nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def test_a_machine_lost_at_work_loses_no_call(cluster: Any, tmp_path: Path) -> None:
    """It goes once both workers are at a call; calls are told to end when the loss is known."""
    note = tmp_path / "gone"
    waiting = [Task(k, f"{k:064d}", f"waits {note}") for k in range(1, 13)]
    done: list[int] = []
    lost: list[Lost] = []

    def lose_one() -> None:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
        cluster.remove_node(cluster.nodes.pop(), allow_graceful=False)
        wait_until(lambda: bool(lost))  # its worker outlives it for a moment, and would end the call
        note.touch()

    def tasks() -> Iterator[Task | None]:
        """As the queue does: what was lost is given out again, and the end is when all is done."""
        while len(done) < 12:
            yield waiting.pop(0) if waiting else None

    losing = threading.Thread(target=lose_one)
    losing.start()
    for outcome in Ray(n_workers=2).run(tasks(), Errands()):
        if isinstance(outcome, Done):
            done.append(outcome.task.id)
        else:
            lost.append(outcome)
            waiting.append(replace(outcome.task, attempt=outcome.task.attempt + 1))
    losing.join()
    assert sorted(done) == list(range(1, 13))
    assert {(one.kind, one.may_pass) for one in lost} == {("WorkerDied", True)}
