"""`ecoli-precise` on a stand-in: a circular genome, an operon, a complex, a control."""

import numpy as np
import pandas as pd
import pytest

from deeprage.data.catalog import ecoli_precise
from deeprage.data.catalog.ecoli_precise import FOLDER, SAMPLE_COLUMNS, make_ecoli_precise
from deeprage.data.dna import decode
from deeprage.errors import DeepRageError

LENGTH = 4000
#: b-number, name, start, end (1-based), operon. The first gene's promoter crosses the origin.
GENES = [
    ("b0001", "leadA", 301, 400, "leadAB"),
    ("b0002", "nextB", 411, 600, "leadAB"),
    ("b0003", "flhD", 2001, 2200, "flh"),
    ("b0004", "newN", 3001, 3200, "newN"),
]
SAMPLES = ["control__1", "control__2", "stress__1"]
VALUES = np.array([[4.0, 6.0, 7.0], [1.0, 1.0, 3.0], [2.0, 2.5, 1.0]])


@pytest.fixture
def wheel_folder(tmp_path, make_wheel, monkeypatch):
    sequence = decode(np.random.default_rng(0).integers(0, 4, LENGTH).astype(np.int8))
    gff = ["##gff-version 3"]
    gff.append(f"NC_1\tx\tregion\t1\t{LENGTH}\t.\t+\t.\tID=NC_1;Is_circular=true")
    for gene, name, start, end, _ in GENES:
        synonym = ";gene_synonym=oldN" if name == "newN" else ""
        text = f"ID=gene-{gene};Name={name};gene={name};locus_tag={gene}{synonym}"
        gff.append(f"NC_1\tx\tgene\t{start}\t{end}\t.\t+\t.\t{text}")
    samples = pd.DataFrame(index=SAMPLES, columns=list(SAMPLE_COLUMNS))
    samples["project"] = ["control", "control", "stress"]
    samples["condition"] = ["wt", "wt", "hot"]
    samples["Replicate #"] = [1, 2, 1]
    genes = pd.DataFrame(
        {"gene_name": [g[1] for g in GENES], "operon": [g[4] for g in GENES]},
        index=[g[0] for g in GENES],
    )
    # The operon's first gene is not measured; its promoter still serves the second.
    expression = pd.DataFrame(VALUES, index=["b0002", "b0003", "b0004"], columns=SAMPLES)
    network = [
        "regulator,gene_id,effect",
        "flhD;flhC,b0002,+",
        "flhD,b0002,-",
        "oldN,b0003,",
        "oldN,b0001,+",
        "spermidine,b0002,+",
    ]
    tables = {"log_tpm.csv": expression, "sample_table.csv": samples, "gene_table.csv": genes}
    members = {FOLDER + name: table.to_csv() for name, table in tables.items()}
    members[f"{FOLDER}genome.fasta"] = f">NC_1 Escherichia coli\n{sequence}\n"
    members[f"{FOLDER}genome.gff3"] = "\n".join(gff) + "\n"
    members[f"{FOLDER}trn.csv"] = "\n".join(network) + "\n"
    wheel = make_wheel(tmp_path / "wheels", "pymodulon", members)
    monkeypatch.setattr(ecoli_precise, "PYMODULON", wheel)
    return tmp_path / "wheels", sequence


def test_fold_change_against_the_control_or_raw(tmp_path, wheel_folder):
    path = tmp_path / "ecoli.h5ad"
    compendium = make_ecoli_precise(path, wheel_folder[0])
    assert compendium.expression[0] == pytest.approx([-1, 1, 2])
    assert compendium.expression[:, :2].mean(axis=1) == pytest.approx([0, 0, 0])
    assert compendium.about["unit"] == "log2 fold change"
    assert compendium.series == ["control", "control", "stress"]
    raw = make_ecoli_precise(path, wheel_folder[0], raw=True)
    assert raw.expression == pytest.approx(VALUES)
    assert raw.about["unit"] == "log2 expression"


def test_operon_shares_the_first_genes_promoter_which_wraps(tmp_path, wheel_folder):
    folder, sequence = wheel_folder
    compendium = make_ecoli_precise(tmp_path / "ecoli.h5ad", folder)
    assert decode(compendium.promoters[0]) == sequence[-700:] + sequence[:300]
    assert decode(compendium.promoters[1]) == sequence[1000:2000]


def test_network_has_genes_only_and_is_written_beside(tmp_path, wheel_folder):
    compendium = make_ecoli_precise(tmp_path / "ecoli.h5ad", wheel_folder[0])
    network = pd.read_csv(tmp_path / "ecoli.network.tsv", sep="\t")
    rows = set(zip(network["regulator"], network["target"], network["sign"], strict=True))
    assert rows == {("b0003", "b0002", "+-"), ("b0004", "b0003", "?")}
    assert compendium.regulators == ["b0003", "b0004"]


def test_options_and_controls_are_checked(tmp_path, wheel_folder):
    with pytest.raises(DeepRageError, match="give true or false"):
        make_ecoli_precise(tmp_path / "e.h5ad", wheel_folder[0], raw="yes")
    samples = pd.DataFrame({"series": ["stress"]}, index=["stress__1"])
    with pytest.raises(DeepRageError, match=r"no sample .*'control'.*'stress'"):
        ecoli_precise.against_control(pd.DataFrame({"stress__1": [1.0]}), samples)
