"""`ecoli-precise`: E. coli RNA-seq (PRECISE, 278 samples) with its regulatory network.

Data: Sastry et al. 2019 (Nature Communications 10, 5536), as the package pymodulon carries it.
By default values are log2 fold changes against the mean of the two control samples (MG1655 in M9
glucose), as independent-component work on this compendium does; `raw` keeps log2 TPM. The noise of
the control's mean is shared by all samples. Series are the compendium's projects. Genes of one
operon have the promoter of its first gene and are one group. Regulators are those of the network
(RegulonDB) that have a gene row; a complex counts as its subunits; small molecules and tRNAs are
left out. 57 rows are fragments of pseudogenes (`b0240_2`) that the annotation does not have: they
have no promoter and are not scored. Beside the compendium stands `<name>.network.tsv`.
"""

import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from deeprage.data.annotation import read_annotation
from deeprage.data.building import build_compendium
from deeprage.data.catalog.archive import PYMODULON, extract_members, fetch_wheel, read_member
from deeprage.data.compendium import Compendium
from deeprage.data.names import NameResolver
from deeprage.data.promoters import PromoterWindow
from deeprage.errors import DeepRageError, examples
from deeprage.files import write_text

FOLDER = "pymodulon/data/ecoli/"
CONTROL = "control"
#: Names in the network that are neither a gene's name nor a synonym.
COMPLEXES = {
    "h-NS": ("hns",),
    "hU": ("hupA", "hupB"),
    "ihf": ("ihfA", "ihfB"),
    "hipAB": ("hipB", "hipA"),
}
#: Columns of the sample table that are kept, with their names here.
SAMPLE_COLUMNS = {
    "project": "series",
    "condition": "label",
    "Replicate #": "replicate",
    "Strain Description": "strain",
    "Base Media": "medium",
    "Carbon Source (g/L)": "carbon_source",
    "Nitrogen Source (g/L)": "nitrogen_source",
    "Electron Acceptor": "electron_acceptor",
    "Supplement": "supplement",
    "Temperature (C)": "temperature",
    "pH": "ph",
}


def make_ecoli_precise(path: Path, source: Path | None = None, *, raw: bool = False) -> Compendium:
    """The compendium for `path`, with the network written beside it.

    Args:
        source: a folder that holds the wheel already.
        raw: keep log2 TPM; the unit is then `log2 expression`.

    Raises:
        DeepRageError: the wheel cannot be had or is damaged, or `raw` is not true or false.
    """
    if not isinstance(raw, bool):
        raise DeepRageError(f"the option raw is {raw!r}; give true or false.")
    wheel = fetch_wheel(PYMODULON, source=source)
    samples = read_samples(_table(wheel, "sample_table.csv"))
    genes = _table(wheel, "gene_table.csv")
    expression = _table(wheel, "log_tpm.csv").astype(float)[samples.index]
    if not raw:
        expression = against_control(expression, samples)
    network = pd.read_csv(io.BytesIO(read_member(wheel, f"{FOLDER}trn.csv")))
    with tempfile.TemporaryDirectory() as folder:
        members = [f"{FOLDER}genome.fasta", f"{FOLDER}genome.gff3"]
        genome, annotation = extract_members(wheel, members, Path(folder))
        named = regulator_genes(network["regulator"], genes["gene_name"], annotation)
        edges = network_edges(network, named, expression.index)
        regulators = set(edges["regulator"])
        compendium, _ = build_compendium(
            expression=expression,
            regulators=[gene for gene in expression.index if gene in regulators],
            genome=genome,
            annotation=annotation,
            window=PromoterWindow(noncoding=True),  # 6 pseudogenes, one of which leads an operon
            conditions=samples,
            operons={str(g): str(operon) for g, operon in genes["operon"].dropna().items()},
            name=path.stem,
            unit="log2 expression" if raw else "log2 fold change",
            provenance={
                "expression": f"PRECISE (Sastry et al. 2019), from {PYMODULON}",
                "reference": "none" if raw else f"mean of the samples of the series {CONTROL!r}",
                "genome": "E. coli K-12 MG1655, NC_000913.3",
                "regulators": "regulators of the RegulonDB network with a gene row",
            },
        )
    write_text(path.with_suffix(".network.tsv"), edges.to_csv(sep="\t", index=False))
    return compendium


def _table(wheel: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(read_member(wheel, FOLDER + name)), index_col=0)


def read_samples(table: pd.DataFrame) -> pd.DataFrame:
    """Samples with the columns kept, named as here; blank where not stated."""
    kept = table[list(SAMPLE_COLUMNS)].rename(columns=SAMPLE_COLUMNS)
    for column in kept.columns:
        if kept[column].dtype == object:
            kept[column] = kept[column].fillna("").astype(str)
    return kept


def against_control(expression: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Log2 fold change of each sample against the mean of the control series.

    Raises:
        DeepRageError: there is no control sample.
    """
    control = samples.index[samples["series"] == CONTROL]
    if control.empty:
        raise DeepRageError(
            f"no sample belongs to the series {CONTROL!r} (there is {examples(samples['series'])})."
        )
    return expression.sub(expression[control].mean(axis=1), axis=0)


def regulator_genes(
    names: Iterable[str], gene_names: pd.Series, annotation: Path
) -> dict[str, tuple[str, ...]]:
    """The genes (b-numbers) of each regulator that has any.

    A name is looked up among the gene table's names, then among names and unique synonyms of the
    annotation. `flhD;flhC` and the names in `COMPLEXES` stand for several genes.
    """
    known = {str(name): str(gene) for gene, name in gene_names.items()}
    genes = read_annotation(annotation, wanted=set(known.values())).genes
    resolver = NameResolver.from_annotation(genes)
    found = {}
    for name in dict.fromkeys(names):
        parts = COMPLEXES.get(name, tuple(name.split(";")))
        other = [resolver.find(part) for part in parts]
        meant = [
            known.get(part) or (None if index is None else str(genes["gene"].iloc[index]))
            for part, index in zip(parts, other, strict=True)
        ]
        if any(meant):
            found[name] = tuple(gene for gene in meant if gene)
    return found


def network_edges(
    network: pd.DataFrame, named: dict[str, tuple[str, ...]], rows: Iterable[str]
) -> pd.DataFrame:
    """Edges between genes with a row: regulator, target, sign, regulator_name.

    `sign` is + (activation), - (repression), +- (both) or ? (not known). Two names of one
    regulator (a subunit alone and in a complex) that agree on a target give one edge, and +- if
    they disagree.
    """
    measured = set(rows)
    pairs: dict[tuple[str, str], tuple[str, str]] = {}
    columns = zip(network["regulator"], network["gene_id"], network["effect"], strict=True)
    for name, target, effect in columns:
        for gene in named.get(name, ()):
            if gene in measured and target in measured:
                sign = effect if isinstance(effect, str) and effect else "?"
                before = pairs.get((gene, target), (sign, name))
                pairs[gene, target] = (_both(before[0], sign), before[1])
    records = [(gene, target, *rest) for (gene, target), rest in pairs.items()]
    return pd.DataFrame(records, columns=["regulator", "target", "sign", "regulator_name"])


def _both(one: str, other: str) -> str:
    if one == other or other == "?":
        return one
    return other if one == "?" else "+-"
