"""Kernels of points that differ in few features from others equal those of any points."""

import numpy as np
import pytest

from deeprage.factorised.kernels import GaussianKernel


@pytest.mark.parametrize("dense", [0, 3, 40])
def test_as_the_kernel_itself(dense: int) -> None:
    rng = np.random.default_rng(dense)
    taught = rng.normal(size=(30, 40)).astype(np.float32)
    kernel = GaussianKernel.of(taught)
    before = rng.normal(size=(6, 40)).astype(np.float32)
    rows = rng.integers(0, 6, 25)
    after = before[rows].copy()
    after[:, :dense] += rng.normal(size=(25, dense)).astype(np.float32)
    for point in after[1:]:
        point[rng.integers(0, 40, 3)] += 1.5
    np.testing.assert_allclose(kernel.of_changed(before, rows, after), kernel(after), atol=1e-5)
