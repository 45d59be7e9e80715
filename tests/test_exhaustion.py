"""Errors of libraries that mean too little memory, or no further thread or process."""

import errno

import pytest

from deeprage.cli.failures import failure
from deeprage.errors import DeepRageError
from deeprage.exhaustion import memory_problem, thread_problem


class LightGBMError(Exception):
    """As LightGBM's."""


class OutOfMemoryError(RuntimeError):
    """As PyTorch's."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("std::bad_alloc"),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB."),
        LightGBMError("std::bad_alloc"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        SystemError("error return without exception set"),
    ],
)
def test_memory(error: Exception) -> None:
    found = failure(error)
    assert found is not None
    assert found.code == 2
    assert found.sentence.startswith("error: memory ran out")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("can't start new thread"),
        BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
    ],
)
def test_threads(error: Exception) -> None:
    assert memory_problem(error) is None
    assert "no further thread or process" in str(thread_problem(error))


def test_a_reader_that_took_it_for_damage() -> None:
    error = DeepRageError("a.h5ad is damaged.")
    error.__cause__ = MemoryError("4 GB")
    found = failure(error)
    assert found is not None
    assert "memory ran out (4 GB)" in found.sentence
    locked = DeepRageError("another process works in a.")
    locked.__cause__ = BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    found = failure(locked)
    assert found is not None
    assert "another process works in a" in found.sentence


@pytest.mark.parametrize(
    "error", [RuntimeError("sizes differ"), KeyError("memory"), ValueError("x")]
)
def test_an_error_of_the_program_is_none_of_these(error: Exception) -> None:
    assert failure(error) is None
