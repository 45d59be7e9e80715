"""`yeast-stress-full`: the paper's matrix, 6,152 genes x 173 conditions, 472 regulators.

From a folder with the files in `FILES`, or from public addresses (see `public_files`). Promoters:
1 kb upstream of the ATG (R64-3-1) for the paper's 6,099 targets; the other 53 genes are kept but
have no promoter: they are scored in `pairs` and `conditions` only, by what needs none. Old ORF
names are mapped to current ones; names that then share one promoter share a group.
"""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from deeprage.data.build_notes import BuildNotes
from deeprage.data.building import build_compendium
from deeprage.data.catalog.gasch import RENAMED_ORFS, condition_table, read_gasch
from deeprage.data.catalog.provenance import with_provenance
from deeprage.data.catalog.public_files import download_public_files
from deeprage.data.compendium import Compendium
from deeprage.data.dna import N_TOKEN
from deeprage.data.readers.small_table import read_table
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError, examples

#: What is read, by role: the names it may have below the folder.
FILES = {
    "expression": ("expression/gasch2000.tsv.gz", "expression/complete_dataset.txt"),
    "regulators": ("expression/regulators_472.txt",),
    "targets": ("expression/targets_6099.txt",),
    "genome": (
        "genome/S288C_reference_sequence_R64-3-1.fsa.gz",
        "genome/S288C_reference_sequence_R64-3-1_20210421.fsa.gz",
    ),
    "annotation": (
        "genome/SGD_features.tsv.gz",
        "genome/saccharomyces_cerevisiae_R64-3-1_20210421.gff.gz",
    ),
}
CONDITIONS = "expression/gasch2000_conditions.tsv"
#: SHA-256 of the promoters of the 6,099 targets (see `promoter_digest`) as first built.
PROMOTER_DIGEST = "5ff16dcb3c50946617a1e53ff4816bf1500d5fe49c405cef28efb4535469e58c"


def build_yeast_stress_full(source: Path | None = None) -> tuple[Compendium, BuildNotes]:
    """The compendium, from `source`, else from the folder in `DEEPRAGE_DATA`, else downloaded.

    Raises:
        DeepRageError: the folder lacks files, or a download fails or has other content.
    """
    named = os.environ.get("DEEPRAGE_DATA")
    folder = source or (Path(named) if named else download_public_files())
    files = find_files(folder)
    expression = read_gasch(files["expression"])
    targets = read_names(files["targets"])
    compendium, notes = build_compendium(
        expression=expression,
        regulators=read_names(files["regulators"]),
        genome=files["genome"],
        annotation=files["annotation"],
        conditions=read_conditions(folder, expression),
        renames=RENAMED_ORFS,
        name="yeast-stress-full",
        provenance={
            "expression": "Gasch et al. 2000, log2 ratios (Mol. Biol. Cell 11, 4241)",
            "genome": "S. cerevisiae S288C R64-3-1, Saccharomyces Genome Database",
            "annotation": files["annotation"].name,
            "regulators": "472, list of the DeepRAGE paper",
            "targets": "6,099, list of the DeepRAGE paper",
            "files": {role: path.name for role, path in files.items()},
        },
    )
    result = with_promoters_of(compendium, targets)
    padded = (result.promoters == N_TOKEN).any(axis=1) & result.has_promoter
    notes = replace(
        notes,
        genes_without_promoter=int((~result.has_promoter).sum()),
        padded_windows=int(padded.sum()),
    )
    same = promoter_digest(result) == PROMOTER_DIGEST
    promoters = "as first built" if same else "not those first built: another annotation release"
    return with_provenance(result, {"promoters": promoters}), notes


def find_files(folder: Path) -> dict[str, Path]:
    """The path of each role's file.

    Raises:
        DeepRageError: some are not there.
    """
    found = {
        role: folder / name
        for role, names in FILES.items()
        for name in reversed(names)
        if (folder / name).is_file()
    }
    lacking = [names[0] for role, names in FILES.items() if role not in found]
    if lacking:
        raise DeepRageError(
            f"{folder} lacks {len(lacking)} of the {len(FILES)} files of yeast-stress-full: "
            f"{examples(lacking)}; name the folder that has them with --from or DEEPRAGE_DATA."
        )
    return found


def read_conditions(folder: Path, expression: pd.DataFrame) -> pd.DataFrame:
    """Series and times of the matrix's columns, from the folder's table or the built-in one.

    Raises:
        DeepRageError: the table's conditions are not the matrix's columns.
    """
    path = folder / CONDITIONS
    if not path.is_file():
        table = condition_table()
        if len(table) == expression.shape[1]:
            return table.set_axis(expression.columns)
        raise DeepRageError(
            f"the expression matrix has {expression.shape[1]} conditions, expected {len(table)}: "
            "it is not the complete data set of Gasch et al. 2000."
        )
    table = read_table(path, "the condition table").set_index("condition")
    if list(table.index) != list(expression.columns):
        raise DeepRageError(
            f"{path} lists other conditions ({examples(table.index)}) than the matrix "
            f"({examples(expression.columns)}), or in another order: use files of one origin."
        )
    for column in {"time", "initial_temp_c", "final_temp_c"} & set(table.columns):
        table[column] = pd.to_numeric(table[column])
    return table


def read_names(path: Path) -> list[str]:
    """Gene names, one a line."""
    with open_text(path, "the gene list") as handle:
        return handle.read().split()


def with_promoters_of(compendium: Compendium, targets: list[str]) -> Compendium:
    """The same compendium in which only `targets` have a promoter.

    Raises:
        DeepRageError: a target has none to begin with.
    """
    wanted = set(targets)
    adata = compendium.adata.copy()
    keep = adata.var_names.isin(wanted) & adata.var["has_promoter"].to_numpy()
    if keep.sum() != len(wanted):
        lost = sorted(wanted - set(adata.var_names[keep]))
        raise DeepRageError(
            f"{len(lost)} of {len(wanted)} targets have no promoter, such as {examples(lost)}: "
            "the annotation is not the one this data set was made for."
        )
    adata.var["has_promoter"] = keep
    adata.varm["promoter"][~keep] = N_TOKEN
    return Compendium(adata)


def promoter_digest(compendium: Compendium) -> str:
    """SHA-256 over names and promoters of the genes that have one, in alphabetical order."""
    digest = hashlib.sha256()
    for row in np.argsort(compendium.genes):
        if compendium.has_promoter[row]:
            digest.update(compendium.genes[row].encode())
            digest.update(compendium.promoters[row].tobytes())
    return digest.hexdigest()
