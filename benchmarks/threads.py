"""Threads of the libraries of linear algebra."""

import os


def use_threads(number: int) -> None:
    """Limit them; they read it when they are loaded, so call this before numpy is imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(number)
