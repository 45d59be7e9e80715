"""Where promoters come from, opened before the matrix: its genes and all of their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.annotation import Annotation, read_annotation
from deeprage.data.genome import is_genbank
from deeprage.data.identifiers import Identifier
from deeprage.data.name_forms import joined_parts
from deeprage.data.name_index import OWN_NAME
from deeprage.data.names import NameResolver
from deeprage.data.promoters import read_promoters
from deeprage.errors import DeepRageError, unknown


@dataclass(frozen=True)
class GeneSource:
    """The genes of an annotation, or of ready promoters.

    Attributes:
        names: finds genes; an index is a row of `genes` or a place in `ready`.
        label: how messages call the source, such as `the annotation`.
        kind: the only kind of identifier that names of a matrix may be, if one was chosen.
        annotation, genome: of promoters that are to be cut; the genome's file.
        ready: tokens by the names of a FASTA, of ready promoters.
    """

    names: NameResolver
    label: str
    kind: str | None = None
    annotation: Annotation | None = None
    genome: Path | None = None
    ready: Mapping[str, NDArray[np.int8]] = field(default_factory=dict, repr=False)

    @cached_property
    def genes(self) -> pd.DataFrame:
        """The gene table of the annotation, under names that no two genes share.

        Raises:
            ValueError: the promoters are ready ones.
        """
        if self.annotation is None:
            raise ValueError("ready promoters have no gene table")
        return self.annotation.genes.assign(gene=self.names.genes)

    @cached_property
    def symbols(self) -> list[str]:
        """Common name of each gene."""
        if self.annotation is None:
            return self.names.genes
        return [str(symbol) for symbol in self.annotation.genes["symbol"]]


def open_source(
    *,
    genome: Path | None = None,
    annotation: Path | None = None,
    promoters: Path | None = None,
    annotation_format: str | None = None,
    gene_id: str | None = None,
) -> GeneSource:
    """Read the genes of an annotation or of a FASTA of ready promoters.

    Args:
        genome, annotation: one may be left out if the other is GenBank with sequence.
        annotation_format: see `annotation.read_annotation`.
        gene_id: attribute, or database of `Dbxref`, that has the matrix's names.

    Raises:
        DeepRageError: a file is missing or cannot be read, or no gene has the attribute.
    """
    if promoters is not None:
        ready = read_promoters(promoters)
        names = NameResolver(list(ready), [_of_fasta(name) for name in ready])
        return GeneSource(names, f"the promoter FASTA {promoters}", ready=ready)
    genome, annotation = _both(genome, annotation)
    read = read_annotation(annotation, format=annotation_format)
    names = NameResolver.from_annotation(read.genes)
    kind = gene_id
    if gene_id is not None and not names.has_kind(gene_id):
        # An attribute that is none of the usual ones: it becomes the gene's name.
        known = {kind.removeprefix("Dbxref:") for kind in names.kinds()}
        try:
            read = read_annotation(annotation, format=annotation_format, gene_id=gene_id)
        except DeepRageError as error:
            raise unknown("gene id attribute", gene_id, known) from error
        names, kind = NameResolver.from_annotation(read.genes), None
    return GeneSource(names, "the annotation", kind, read, genome)


def _both(genome: Path | None, annotation: Path | None) -> tuple[Path, Path]:
    """Genome and annotation; a GenBank file is both."""
    if genome is None and annotation is not None and _has_both(annotation):
        genome = annotation
    if annotation is None and genome is not None and _has_both(genome):
        annotation = genome
    if genome is None or annotation is None:
        raise DeepRageError(
            "promoters need a genome with its annotation (`--genome FILE --annotation FILE`), or "
            "a FASTA of ready promoters (`--promoters FILE`)."
        )
    return genome, annotation


def _has_both(path: Path) -> bool:
    return path.is_dir() or is_genbank(path)


def _of_fasta(name: str) -> list[Identifier]:
    """A name of a FASTA, and its parts where it joins several."""
    return [(OWN_NAME, name), *(("part of a name", part) for part in joined_parts(name))]
