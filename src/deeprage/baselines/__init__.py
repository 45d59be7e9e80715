"""What a model must beat: one predictor a file, found by name."""

from importlib import import_module
from typing import Any

from deeprage.data.predictor import Predictor
from deeprage.errors import unknown

#: Baselines by name, as `module:Class`, so that none is imported before it is wanted.
BASELINES: dict[str, str] = {
    "zero": "deeprage.baselines.reference:Zero",
    "majority": "deeprage.baselines.reference:MajorityClass",
    "gene-mean": "deeprage.baselines.reference:GeneMean",
    "condition-mean": "deeprage.baselines.reference:ConditionMean",
    "additive": "deeprage.baselines.reference:Additive",
    "completion": "deeprage.baselines.completion:Completion",
    "neighbours": "deeprage.baselines.neighbours:Neighbours",
    "regulator-ridge": "deeprage.baselines.regulator_ridge:RegulatorRidge",
    "regulator-kernel": "deeprage.baselines.regulator_ridge:RegulatorKernel",
    "kmer-ridge": "deeprage.baselines.kmer_ridge:KmerRidge",
    "motif-ridge": "deeprage.baselines.motif_ridge:MotifRidge",
    "bilinear-ridge": "deeprage.baselines.bilinear_ridge:BilinearRidge",
    "boosted-trees": "deeprage.baselines.boosted_trees:BoostedTrees",
    "codon-trees": "deeprage.baselines.codon_trees:CodonTrees",
    "geneclass": "deeprage.baselines.geneclass:GeneClass",
    "bdtree": "deeprage.baselines.bdtree:BDTree",
    "medusa": "deeprage.baselines.medusa:Medusa",
    "cager": "deeprage.baselines.cager:Cager",
    "relational": "deeprage.baselines.relational:Relational",
}


def make_baseline(name: str, **settings: Any) -> Predictor:
    """A new, unfitted baseline; `settings` go to its constructor.

    Raises:
        DeepRageError: there is no baseline of that name.
    """
    if name not in BASELINES:
        raise unknown("baseline", name, BASELINES)
    module, _, class_name = BASELINES[name].partition(":")
    made: Predictor = getattr(import_module(module), class_name)(**settings)
    return made
