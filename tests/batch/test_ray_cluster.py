"""A Ray cluster of several machines, played by this one: a machine goes while calls are at work on it."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from callaudit.batch.executors.ray import Ray
from callaudit.batch.tasks import Done, Lost, Outcome, Task
from tests.batch.errands import Errands

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


def test_a_machine_lost_at_work_loses_no_call(cluster: Any) -> None:
    waiting = [Task(k, f"{k:064d}", "slow 0.5") for k in range(1, 13)]
    open_tasks: dict[int, Task] = {}
    done: list[int] = []
    lost: list[Lost] = []

    def tasks() -> Iterator[Task | None]:
        """As the queue does: what was lost is given out again, and the end is when all is done."""
        while waiting or open_tasks:
            if not waiting:
                time.sleep(0.05)
                yield None
                continue
            task = waiting.pop(0)
            open_tasks[task.id] = task
            yield task

    for outcome in Ray(n_workers=2).run(tasks(), Errands()):
        task = open_tasks.pop(outcome.task.id)
        _settle(outcome, task, waiting, done, lost)
        if len(done) == 4:
            assert len(cluster.nodes) == 2
            time.sleep(0.1)
            cluster.remove_node(cluster.nodes.pop(), allow_graceful=False)  # while its worker is at a call
    assert sorted(done) == list(range(1, 13))
    assert {(one.kind, one.may_pass) for one in lost} == {("WorkerDied", True)}


def _settle(outcome: Outcome, task: Task, waiting: list[Task], done: list[int], lost: list[Lost]) -> None:
    if isinstance(outcome, Done):
        done.append(task.id)
    else:
        lost.append(outcome)
        waiting.append(Task(task.id, task.recording_id, task.location, task.attempt + 1))
