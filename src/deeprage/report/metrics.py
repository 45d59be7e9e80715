"""How the page shows each score; what it means comes from `evaluation.scores`."""

from dataclasses import dataclass

from deeprage.evaluation.scores import GOOD_VALUES


@dataclass(frozen=True)
class Metric:
    """One score.

    Attributes:
        key: its name in `metrics.json`.
        label: its name on the page.
        higher: whether more is better.
        digits: decimals printed.
    """

    key: str
    label: str
    higher: bool
    digits: int = 3

    @property
    def meaning(self) -> str:
        """What it measures, in which unit."""
        return GOOD_VALUES[self.key].partition(" Good: ")[0]

    @property
    def good(self) -> str:
        """What would be a good value; empty where nothing is said."""
        found = GOOD_VALUES[self.key].partition(" Good: ")[2]
        return found[:1].upper() + found[1:]


#: In the order of the columns.
METRICS = (
    Metric("pearson", "Pearson r", True),
    Metric("r2", "R²", True),
    Metric("mse", "MSE", False),
    Metric("within_gene_pearson", "within gene r", True),
    Metric("within_condition_pearson", "within condition r", True),
    Metric("accuracy", "accuracy", True),
    Metric("balanced_accuracy", "balanced accuracy", True),
    Metric("macro_f1", "macro F1", True),
    Metric("kappa", "kappa", True),
)
