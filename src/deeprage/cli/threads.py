"""CPU threads and memory of a verb that runs a network."""

from deeprage.errors import DeepRageError


def use_threads(threads: int | None) -> None:
    """Use this many CPU threads (None: all), and keep large buffers between steps.

    Raises:
        DeepRageError: fewer than one.
    """
    import torch

    from deeprage.training.allocator import keep_large_buffers

    if threads is not None:
        if threads < 1:
            raise DeepRageError(f"--threads must be 1 or more, got {threads}.")
        torch.set_num_threads(threads)
    keep_large_buffers()
