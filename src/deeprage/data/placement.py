"""The genes of an annotation on the chromosomes of a genome."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import pandas as pd

from deeprage.data.annotation import Annotation
from deeprage.data.chromosomes import is_alternate_header, reconcile
from deeprage.data.gene_table import Molecule, alternate_names
from deeprage.data.genome import Chromosome
from deeprage.errors import DeepRageError, examples, unknown


def place_genes(
    annotation: Annotation, genome: Mapping[str, Chromosome], circular: Collection[str] = ()
) -> tuple[dict[str, Chromosome], pd.DataFrame]:
    """The genome with its circles marked, and the genes with its names of chromosomes.

    Args:
        circular: chromosomes to take as circular, by the genome's or the annotation's names.

    Returns:
        chromosomes by name, and the table of `annotation.Annotation.genes`, in which `chromosome`
        is None where the genome lacks it.

    Raises:
        DeepRageError: no chromosome of the annotation is in the genome, or one that `circular`
            names is in neither.
    """
    matched = reconcile(
        genome, annotation.chromosomes, annotation.chromosome_aliases, annotation.sizes
    )
    for name in circular:
        if name not in genome and name not in matched:
            raise unknown("circular chromosome", name, [*genome, *matched])
    named = {*annotation.circular, *circular}
    rings = {matched[name] for name in named if name in matched} | {n for n in named if n in genome}
    marked = {
        name: replace(chromosome, circular=chromosome.circular or name in rings)
        for name, chromosome in genome.items()
    }
    alternate = alternate_names(annotation.chromosomes)
    molecules = {
        name: Molecule(
            other,
            len(marked[other]),
            marked[other].circular,
            name in alternate or is_alternate_header(marked[other].header),
        )
        for name, other in matched.items()
    }
    return marked, annotation.on(molecules.get)


def check_on_genome(genes: pd.DataFrame, wanted: Iterable[str], genome: Iterable[str]) -> None:
    """Raise a `DeepRageError` if more than half of the wanted genes lie outside the genome."""
    chosen = genes[genes["gene"].isin(set(wanted))]
    absent = chosen["chromosome"].isna()
    if 2 * int(absent.sum()) > len(chosen):
        raise DeepRageError(
            f"{int(absent.sum()):,} of the {len(chosen):,} genes of the matrix that are in the "
            f"annotation, such as {examples(chosen['gene'][absent])}, lie on chromosomes that the "
            f"genome lacks; it has {examples(genome)}: use two files of one genome release with "
            "all chromosomes, or rename the sequences."
        )
