"""A predicted knock-out beside the real deletion strain and beside what needs no model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.catalog.real_knockouts import RealKnockout, measured_change, replicate_changes
from deeprage.data.compendium import Compendium
from deeprage.interpretation.activity import activity_change
from deeprage.interpretation.agreement import agreement
from deeprage.interpretation.simple_changes import undone_response

Values = NDArray[np.floating[Any]]
REPLICATE = "the strain's other array"


def beside_the_strain(
    compendium: Compendium,
    deletion: RealKnockout,
    predicted: Mapping[str, Values],
    *,
    seen: NDArray[np.intp],
    most: int = 50,
) -> dict[str, Any]:
    """Agreement of predicted changes with the measured one, as JSON can hold it.

    Beside them stand the activity of the factor's sites over the seen conditions, the response to
    the stress undone, which knows nothing of the factor, and the strain's other array.

    Args:
        deletion: a real knock-out whose conditions no prediction has seen.
        predicted: log2 changes (G,) by name, NaN where unknown.
        seen: columns that the model was trained on.
        most: genes that count as most changed.
    """
    contrast = deletion.contrasts[0]
    series = np.asarray(compendium.series)
    stress = seen[series[seen] == deletion.stress]
    changes = dict(predicted)
    if deletion.motifs:
        words = list(deletion.motifs)
        changes[f"activity of {', '.join(words)}"] = activity_change(
            compendium, words, seen, sign=deletion.sign
        )
    if len(stress):
        undone = undone_response(compendium, stress, sign=deletion.sign)
        changes["the stress response undone, no model"] = undone
    pairs: dict[str, tuple[Values, Values]] = {
        name: (change, measured_change(compendium, contrast)) for name, change in changes.items()
    }
    halves = replicate_changes(compendium, contrast)
    if halves is not None:
        pairs[REPLICATE] = halves
    rows = []
    for name, (guess, truth) in pairs.items():
        found = agreement(guess, truth, direction=deletion.sign, most=most)
        rows.append(
            {
                "predictor": name,
                "spearman": found.spearman,
                "auroc": found.auroc_expected,
                "genes": found.genes,
                "model": name in predicted,
            }
        )
    return {"name": deletion.name, "direction": deletion.sign, "most": most, "rows": rows}
