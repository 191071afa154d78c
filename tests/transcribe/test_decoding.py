"""How the work is shared out among cores, whatever their number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callaudit.transcribe.decoding import batches, n_workers, side_by_side


@given(st.integers(0, 200), st.integers(1, 9))
def test_batches_hold_every_task_once_in_order_and_none_is_too_large(n: int, size: int) -> None:
    made = batches(range(n), size)
    assert [task for batch in made for task in batch] == list(range(n))
    lengths = [len(batch) for batch in made]
    assert max(lengths, default=0) <= size
    assert max(lengths, default=0) - min(lengths, default=0) <= 1
    assert len(made) % 2 == 0 or len(made) == n


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_results_come_in_the_order_of_the_tasks(workers: int) -> None:
    assert list(side_by_side(lambda task: task * task, range(20), workers)) == [k * k for k in range(20)]


def test_a_failure_at_work_is_not_lost() -> None:
    def fail(task: int) -> int:
        raise RuntimeError(f"task {task}")

    with pytest.raises(RuntimeError, match="task 0"):
        list(side_by_side(fail, range(4), 2))


def test_all_cores_are_used_and_a_gpu_gets_one_batch_at_a_time() -> None:
    for threads in range(1, 33):
        workers, each = n_workers(threads, "cpu")
        assert threads - workers < workers * each <= threads
    assert n_workers(8, "cuda")[0] == 1
    assert n_workers(0, "cpu")[0] >= 1
