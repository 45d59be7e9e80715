"""The sections of the report, in the page's order.

A section is a function that takes the run and gives a `Section`, or None where the run has no
file for it. To add one, write a module here and add its function to `SECTIONS`.
"""

from collections.abc import Callable

from deeprage.report.blocks import Section
from deeprage.report.run_folder import RunFolder
from deeprage.report.sections.agreement import agreement
from deeprage.report.sections.audit import audit
from deeprage.report.sections.benchmark import benchmark
from deeprage.report.sections.certainty import certainty
from deeprage.report.sections.classes import classes
from deeprage.report.sections.conditions import conditions
from deeprage.report.sections.data import data
from deeprage.report.sections.genes import genes
from deeprage.report.sections.knockouts import knockouts
from deeprage.report.sections.learning import learning
from deeprage.report.sections.motifs import motifs
from deeprage.report.sections.real_knockout import real_knockout
from deeprage.report.sections.reproduce import reproduce
from deeprage.report.sections.scores import scores
from deeprage.report.sections.targets import targets

SectionMaker = Callable[[RunFolder], Section | None]

SECTIONS: tuple[SectionMaker, ...] = (
    scores,
    benchmark,
    learning,
    agreement,
    classes,
    certainty,
    conditions,
    genes,
    motifs,
    targets,
    knockouts,
    real_knockout,
    audit,
    data,
    reproduce,
)
