"""Every verb of the command line as a function, with the same argument names.

    from deeprage import api

    data = api.fetch("yeast-stress")
    run = api.train(data, regime="conditions", out="runs/a")
    api.evaluate(run)
    api.report(run)

What the command line prints, they print; what it writes, they write, and they give its path. Bad
input raises `deeprage.errors.DeepRageError`.
"""

from deeprage.cli.attribute import attribute
from deeprage.cli.benchmark import benchmark
from deeprage.cli.data import describe, fetch
from deeprage.cli.data import list_ as list_data
from deeprage.cli.demo import demo
from deeprage.cli.evaluate import evaluate
from deeprage.cli.importing import import_ as import_data
from deeprage.cli.knockout import knockout
from deeprage.cli.motifs import motifs
from deeprage.cli.predict import predict
from deeprage.cli.report import report
from deeprage.cli.targets import targets
from deeprage.cli.train import train

__all__ = [
    "attribute",
    "benchmark",
    "demo",
    "describe",
    "evaluate",
    "fetch",
    "import_data",
    "knockout",
    "list_data",
    "motifs",
    "predict",
    "report",
    "targets",
    "train",
]
