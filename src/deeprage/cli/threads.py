"""CPU threads and memory of a verb that runs a network."""

from deeprage.errors import DeepRageError


def use_threads(threads: int | None) -> None:
    """Use this many CPU threads (None: all), and keep large buffers between steps.

    Raises:
        DeepRageError: fewer than one, or so many that the system would end the process.
    """
    import torch

    from deeprage.training.allocator import keep_large_buffers
    from deeprage.training.config import MOST_THREADS

    if threads is not None:
        if not 1 <= threads <= MOST_THREADS:
            raise DeepRageError(f"--threads must be between 1 and {MOST_THREADS}, got {threads}.")
        torch.set_num_threads(threads)
    keep_large_buffers()
