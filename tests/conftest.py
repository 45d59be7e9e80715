"""What tests of every room may use."""

import os
from collections.abc import Callable, Sequence

# Before numpy and torch are imported: the tensors of the tests are tiny, and threads that wait for
# each other on a busy machine take many times longer than one alone.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import pytest

from deeprage.data.compendium import Compendium

MakeCompendium = Callable[..., Compendium]


def _make_compendium(
    values: np.ndarray | None = None,
    *,
    genes: int = 30,
    conditions: int = 12,
    regulators: int = 3,
    groups: Sequence[object] | None = None,
    series: Sequence[object] | None = None,
    promoters: np.ndarray | None = None,
    missing: float = 0.0,
    unit: str = "log2 fold change",
    seed: int = 0,
) -> Compendium:
    rng = np.random.default_rng(seed)
    if values is None:
        values = rng.normal(size=(genes, conditions))
    values = np.array(values, dtype=np.float32)
    values[rng.random(values.shape) < missing] = np.nan
    names = [f"G{row}" for row in range(values.shape[0])]
    if promoters is None:
        promoters = rng.integers(0, 4, (len(names), 60)).astype(np.int8)
    columns = [f"C{column}" for column in range(values.shape[1])]
    return Compendium.from_parts(
        expression=pd.DataFrame(values, index=names, columns=columns),
        promoters=dict(zip(names, promoters, strict=True)),
        regulators=names[len(names) - regulators :],
        series=None if series is None else [str(x) for x in series],
        groups=None
        if groups is None
        else {name: str(group) for name, group in zip(names, groups, strict=True)},
        name="toy",
        unit=unit,
    )


@pytest.fixture(scope="session")
def make_compendium() -> MakeCompendium:
    """Builds small compendia; the last `regulators` genes are the regulators."""
    return _make_compendium
