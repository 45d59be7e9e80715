"""Good files of every kind, and the commands that read them."""

from __future__ import annotations

import gzip
import io
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from deeprage.cli.app import run as run_command

#: A network that trains in a moment.
_TINY = (
    "--epochs",
    "1",
    "--threads",
    "1",
    "--device",
    "cpu",
    "--set",
    "network.filters=4",
    "--set",
    "network.filter_width=7",
    "--set",
    "network.hidden=[8, 8]",
    "--set",
    "network.regulator_units=8",
)


class Target(NamedTuple):
    """A file that is damaged, and what reads it then.

    Attributes:
        file: within the folder.
        kind: which mutations there are (`mutations.MUTATIONS`).
        arguments: of the command, `{}` standing for the folder.
        part: the subfolder of the world that is copied for it.
        weight: how often it is chosen.
    """

    file: str
    kind: str
    arguments: tuple[str, ...]
    part: str
    weight: float = 1.0

    @property
    def name(self) -> str:
        words = [word for word in self.arguments[:2] if "{}" not in word]
        return f"{' '.join(words)}: {self.part}/{self.file}"


@dataclass(frozen=True)
class World:
    """Files in a folder, made once."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> World:
        """Write all files; takes some seconds."""
        made = cls(folder)
        made._sources(folder / "sources")
        made._runs(folder)
        return made

    def targets(self) -> list[Target]:
        """Every file with every command that reads it."""
        return [*_of_sources(), *_of_predictions(), *self._of_runs(), *self._of_benchmark()]

    def _sources(self, folder: Path) -> None:
        """A genome of two chromosomes with thirty genes, in all formats, and tables about them."""
        folder.mkdir(parents=True)
        rng = np.random.default_rng(0)
        sequences = {name: "".join(rng.choice(list("ACGT"), 3000)) for name in ("chrI", "chrII")}
        genes = []
        for number in range(30):
            chromosome = "chrI" if number < 15 else "chrII"
            start = 100 + 190 * (number % 15)
            genes.append(
                (
                    f"YG{number:03d}",
                    f"SYM{number}",
                    chromosome,
                    start,
                    start + 89,
                    "+" if number % 3 else "-",
                )
            )
        fasta = "".join(f">{name} toy\n{letters}\n" for name, letters in sequences.items())
        _write(folder / "genome.fa", fasta)
        (folder / "genome.fa.gz").write_bytes(gzip.compress(fasta.encode(), mtime=0))
        _write(folder / "annotation.gff3", _gff3(genes))
        _write(folder / "annotation.gtf", _gtf(genes))
        _write(folder / "annotation.gbk", _genbank(sequences, genes))
        _write(folder / "annotation.tab", _sgd(genes))
        values = pd.DataFrame(
            rng.normal(size=(30, 8)).round(3),
            index=[gene[0] for gene in genes],
            columns=[f"heat_{n}" if n < 4 else f"cold_{n}" for n in range(8)],
        )
        values.iloc[3, 2] = np.nan
        values.to_csv(folder / "expression.tsv", sep="\t")
        values.to_csv(folder / "expression.csv")
        values.to_parquet(folder / "expression.parquet")
        _anndata(values, folder / "expression.h5ad")
        _write(folder / "regulators.txt", "YG000\nSYM4\nYG007\n")
        columns = list(values.columns)
        _write(
            folder / "conditions.tsv",
            _table(
                "condition",
                "series",
                "time",
                *((name, name[:4], n) for n, name in enumerate(columns)),
            ),
        )
        _write(folder / "operons.tsv", _table("gene", "operon", ("YG001", "op1"), ("YG002", "op1")))
        _write(
            folder / "groups.tsv",
            _table("gene", "group", *((g[0], f"f{n // 2}") for n, g in enumerate(genes))),
        )
        _write(folder / "renames.tsv", _table("YG003", "YG003", ("YG004", "SYM4")))
        _write(
            folder / "tss.tsv",
            _table("gene", "tss", *((g[0], g[3] if g[5] == "+" else g[4]) for g in genes)),
        )
        _write(
            folder / "promoters.fa",
            "".join(f">{g[0]}\n{''.join(rng.choice(list('ACGT'), 60))}\n" for g in genes),
        )
        for name, text in _motif_files(rng).items():
            _write(folder / name, text)

    def _runs(self, folder: Path) -> None:
        toy = folder / "toy"
        toy.mkdir()
        sizes = {
            "genes": 24,
            "conditions": 12,
            "series": 6,
            "regulators": 4,
            "promoter_length": 60,
            "motif_width": 6,
            "motifs_per_gene": 1,
            "and_pairs": 1,
        }
        options = [x for size in sizes.items() for x in ("--set", "{}={}".format(*size))]
        data = str(toy / "toy.h5ad")
        _do("data", "fetch", "simulated", *options, "--out", data)
        from deeprage.data.compendium import Compendium

        compendium = Compendium.load(data)
        genes, conditions = compendium.genes, compendium.conditions
        regulators = compendium.regulators
        rng = np.random.default_rng(1)
        _write(
            toy / "genes.tsv",
            "".join(
                f"{gene}\t{('train', 'train', 'train', 'validation', 'test')[n % 5]}\n"
                for n, gene in enumerate(genes)
                if gene not in regulators
            ),
        )
        roles = dict(
            zip(
                dict.fromkeys(compendium.series),
                ("train", "train", "train", "train", "validation", "test"),
                strict=True,
            )
        )
        _write(
            toy / "conditions.tsv",
            "".join(
                f"{name}\t{roles[series]}\n"
                for name, series in zip(conditions, compendium.series, strict=True)
            ),
        )
        _write(
            toy / "edges.tsv",
            _table(
                "regulator",
                "target",
                "sign",
                *((regulators[n % 4], gene, "+-"[n % 2]) for n, gene in enumerate(genes[4:])),
            ),
        )
        matrix = pd.DataFrame((rng.random((len(genes), 4)) < 0.4).astype(int), genes, regulators)
        matrix.to_csv(toy / "network.csv")
        _write(
            toy / "new.fa",
            "".join(f">new{n}\n{''.join(rng.choice(list('ACGT'), 60))}\n" for n in range(4)),
        )
        levels = pd.DataFrame(rng.normal(size=(4, 3)).round(2), regulators, ["a", "b", "c"])
        levels.to_csv(toy / "levels.tsv", sep="\t")
        for path in (folder / "sources").glob("motifs.*"):
            shutil.copy(path, toy / path.name)
        for name, model in (("network", ()), ("factorised", ("--model", "deeprage-f"))):
            run = folder / name / "run"
            run.parent.mkdir()
            shutil.copytree(toy, run.parent, dirs_exist_ok=True)
            own = str(run.parent / "toy.h5ad")
            motifs = ("--motifs", str(toy / "motifs.meme"))
            _do(
                "train",
                own,
                "--out",
                str(run),
                *(model + motifs if model else _TINY),
                *(("--threads", "1") if model else ()),
            )
            _do("evaluate", str(run))
            _do(
                "knockout",
                str(run),
                "--regulator",
                f"{regulators[0]}-=3",
                "--nulls",
                "2",
                "--network",
                str(toy / "edges.tsv"),
            )
            _do("knockout", str(run), "--screen", "regulators")
            _do(
                "targets",
                str(run),
                "--rounds",
                "0",
                "--most-conditions",
                "2",
                "--method",
                "mutagenesis",
                "--network",
                str(toy / "edges.tsv"),
                *motifs,
            )
            if not model:
                _do("motifs", str(run), "--rounds", "1", *motifs)
        bench = folder / "benchmark"
        bench.mkdir()
        shutil.copy(data, bench / "toy.h5ad")
        _do("benchmark", str(bench / "toy.h5ad"), "--out", str(bench / "out"), *_SMALL)

    def _of_runs(self) -> list[Target]:
        found = []
        for part in ("network", "factorised"):
            folder = self.folder / part
            files = [
                str(path.relative_to(folder))
                for path in sorted((folder / "run").rglob("*"))
                if path.is_file() and path.suffix != ".html"
            ]
            for file in files:
                kind = _KINDS.get(Path(file).suffix, "text")
                commands = [("report", "{}/run")]
                name = Path(file).name
                if name in _OF_THE_MODEL or "trees" in file:
                    commands += [_predict(), ("evaluate", "{}/run"), _knock_out()]
                few = 0.15 if "trees" in file else 0.5
                found += [Target(file, kind, one, part, few) for one in commands]
        return found

    def _of_benchmark(self) -> list[Target]:
        folder = self.folder / "benchmark"
        command = ("benchmark", "{}/toy.h5ad", "--out", "{}/out", *_SMALL)
        return [
            Target(
                str(path.relative_to(folder)),
                _KINDS.get(path.suffix, "text"),
                command,
                "benchmark",
                0.03,
            )
            for path in sorted((folder / "out").rglob("*"))
            if path.is_file() and path.suffix != ".html"
        ]


_SMALL = ("--predictors", "zero,additive", "--regimes", "pairs")
_KINDS = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".npz": "npz",
    ".safetensors": "safetensors",
    ".parquet": "binary",
    ".h5ad": "binary",
}
_OF_THE_MODEL = ("config.json", "model.json", "model.safetensors", "split.npz", "manifest.json")


def _of_sources() -> list[Target]:
    def importing(**changes: str | None) -> tuple[str, ...]:
        files = {
            "expression": "expression.tsv",
            "regulators": "regulators.txt",
            "genome": "genome.fa",
            "annotation": "annotation.gff3",
            "conditions": "conditions.tsv",
        } | changes
        parts = [
            x
            for key, name in files.items()
            if name
            for x in (f"--{key}", f"{{}}/{name}" if "." in name else name)
        ]
        return (
            "data",
            "import",
            *parts,
            "--length",
            "60",
            "--coding",
            "30",
            "--out",
            "{}/out.h5ad",
        )

    plain = importing()
    tables = importing(operons="operons.tsv", groups="groups.tsv", renames="renames.tsv")
    sites = importing(**{"tss-table": "tss.tsv", "anchor": "TSS", "downstream": "10"})
    ready = (
        "data",
        "import",
        "--expression",
        "{}/expression.tsv",
        "--regulators",
        "{}/regulators.txt",
        "--promoters",
        "{}/promoters.fa",
        "--out",
        "{}/out.h5ad",
    )
    both = importing(genome="annotation.gbk", annotation="annotation.gbk")
    commands = {
        "expression.tsv": (plain, "text", 3),
        "regulators.txt": (plain, "text", 1),
        "genome.fa": (plain, "text", 1),
        "annotation.gff3": (plain, "text", 3),
        "conditions.tsv": (plain, "text", 1),
        "expression.csv": (importing(expression="expression.csv"), "text", 2),
        "expression.parquet": (importing(expression="expression.parquet"), "binary", 1.5),
        "expression.h5ad": (importing(expression="expression.h5ad"), "binary", 1.5),
        "genome.fa.gz": (importing(genome="genome.fa.gz"), "binary", 0.5),
        "annotation.gtf": (importing(annotation="annotation.gtf"), "text", 2),
        "annotation.gbk": (both, "text", 3),
        "annotation.tab": (importing(annotation="annotation.tab"), "text", 1),
        "operons.tsv": (tables, "text", 1),
        "groups.tsv": (tables, "text", 1),
        "renames.tsv": (tables, "text", 1),
        "tss.tsv": (sites, "text", 1),
        "promoters.fa": (ready, "text", 1),
    }
    return [
        Target(file, kind, command, "sources", weight)
        for file, (command, kind, weight) in commands.items()
    ]


def _of_predictions() -> list[Target]:
    folds = (
        "data",
        "describe",
        "{}/toy.h5ad",
        "--regime",
        "both",
        "--genes-fold",
        "{}/genes.tsv",
        "--conditions-fold",
        "{}/conditions.tsv",
    )
    known = (*_knock_out(), "--network")
    screen = ("knockout", "{}/run", "--screen", "motifs", "--name", "m", "--motifs")
    found = [
        Target("toy.h5ad", "binary", ("data", "describe", "{}/toy.h5ad"), "toy", 2),
        Target("genes.tsv", "text", folds, "toy"),
        Target("conditions.tsv", "text", folds, "toy"),
        Target("edges.tsv", "text", (*known, "{}/edges.tsv"), "network", 2),
        Target("network.csv", "text", (*known, "{}/network.csv"), "network", 2),
    ]
    for part in ("network", "factorised"):
        found += [
            Target("new.fa", "text", _predict(), part),
            Target("levels.tsv", "text", _predict(), part, 2),
        ]
    return found + [
        Target(f"motifs.{name}", "text", (*screen, f"{{}}/motifs.{name}"), "network")
        for name in _MOTIF_FORMATS
    ]


def _predict() -> tuple[str, ...]:
    return (
        "predict",
        "{}/run",
        "--promoters",
        "{}/new.fa",
        "--regulators",
        "{}/levels.tsv",
        "--out",
        "{}/predicted.tsv",
    )


def _knock_out() -> tuple[str, ...]:
    return ("knockout", "{}/run", "--regulator", "REG001-=2", "--nulls", "0", "--name", "k")


def _do(*arguments: str) -> None:
    nowhere = io.StringIO()
    with redirect_stdout(nowhere), redirect_stderr(nowhere):
        code = run_command(list(arguments))
    assert code == 0, f"deeprage {' '.join(arguments)}: {nowhere.getvalue()}"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _table(*parts: object) -> str:
    """A table of a header (texts) and rows (tuples)."""
    header = [str(part) for part in parts if not isinstance(part, tuple)]
    rows = [part for part in parts if isinstance(part, tuple)]
    return "\n".join("\t".join(map(str, row)) for row in [header, *rows]) + "\n"


def _anndata(values: pd.DataFrame, path: Path) -> None:
    from anndata import AnnData

    made = AnnData(values.T.to_numpy(dtype=np.float32))
    made.obs_names, made.var_names = list(values.columns), list(values.index)
    made.obs["batch"] = ["a", "b"] * 4
    made.write_h5ad(path)


Genes = list[tuple[str, str, str, int, int, str]]


def _gff3(genes: Genes) -> str:
    lines = ["##gff-version 3"]
    for gene, symbol, chromosome, start, end, strand in genes:
        place = f"{start}\t{end}\t.\t{strand}"
        lines += [
            f"{chromosome}\tx\tgene\t{place}\t.\tID=gene:{gene};Name={symbol};Dbxref=GeneID:7",
            f"{chromosome}\tx\tmRNA\t{place}\t.\tID=t:{gene};Parent=gene:{gene};tag=basic",
            f"{chromosome}\tx\tCDS\t{place}\t0\tID=c:{gene};Parent=t:{gene}",
        ]
    return "\n".join(lines) + "\n"


def _gtf(genes: Genes) -> str:
    lines = []
    for gene, symbol, chromosome, start, end, strand in genes:
        about = f'gene_id "{gene}"; gene_name "{symbol}"; transcript_id "{gene}.1";'
        lines += [
            f"{chromosome}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t0\t{about}"
            for kind in ("gene", "transcript", "exon", "CDS", "start_codon")
        ]
    return "\n".join(lines) + "\n"


def _genbank(sequences: dict[str, str], genes: Genes) -> str:
    text = ""
    for name, letters in sequences.items():
        text += (
            f"LOCUS       {name:<16} {len(letters):>11} bp    DNA     linear   PLN 01-JAN-2020\n"
        )
        text += f"DEFINITION  toy.\nACCESSION   {name}\nVERSION     {name}.1\n"
        text += "FEATURES             Location/Qualifiers\n"
        for gene, symbol, chromosome, start, end, strand in genes:
            if chromosome == name:
                place = f"{start}..{end}" if strand == "+" else f"complement({start}..{end})"
                for kind in ("gene", "CDS"):
                    text += f"     {kind:<16}{place}\n"
                    text += f'                     /locus_tag="{gene}"\n'
                    text += f'                     /gene="{symbol}"\n'
        text += "ORIGIN\n"
        for start in range(0, len(letters), 60):
            part = letters[start : start + 60].lower()
            text += f"{start + 1:>9} {' '.join(part[n : n + 10] for n in range(0, 60, 10))}\n"
        text += "//\n"
    return text


def _sgd(genes: Genes) -> str:
    rows = []
    for number, (gene, symbol, chromosome, start, end, strand) in enumerate(genes):
        first, last = (start, end) if strand == "+" else (end, start)
        rows.append(
            "\t".join(
                [
                    f"S{number:09d}",
                    "ORF",
                    "Verified",
                    gene,
                    symbol,
                    "",
                    f"chromosome {chromosome[3:]}",
                    "",
                    chromosome[3:].replace("II", "2").replace("I", "1"),
                    str(first),
                    str(last),
                    "W" if strand == "+" else "C",
                    "",
                    "",
                    "",
                    "toy gene",
                ]
            )
        )
    return "\n".join(rows) + "\n"


_MOTIF_FORMATS = ("meme", "jaspar", "homer", "transfac", "cisbp")


def _motif_files(rng: np.random.Generator) -> dict[str, str]:
    """Three motifs named after regulators, in each format."""
    motifs = {f"REG00{n}": rng.dirichlet([0.2] * 4, 8) for n in (1, 2, 3)}

    def rows(letters: np.ndarray, before: str = "") -> str:
        return "".join(
            before.format(n + 1) + "\t".join(f"{x:.6f}" for x in row) + "\n"
            for n, row in enumerate(letters)
        )

    meme = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"
    jaspar = homer = transfac = cisbp = ""
    for number, (name, letters) in enumerate(motifs.items()):
        meme += f"MOTIF MA{number}.1 {name}\nletter-probability matrix: alength= 4 w= 8\n"
        meme += rows(letters) + "\n"
        counts = np.round(100 * letters).astype(int)
        jaspar += f">MA{number}.1\t{name}\n"
        for base, column in zip("ACGT", counts.T, strict=True):
            jaspar += f"{base}  [ {' '.join(map(str, column))} ]\n"
        homer += f">ACGTACGT\t{name}/x\t6.5\n" + rows(letters)
        transfac += f"AC  M{number}\nXX\nID  {name}\nXX\nP0\tA\tC\tG\tT\n"
        transfac += (
            "".join(
                f"{n + 1:02d}\t" + "\t".join(map(str, row)) + "\n" for n, row in enumerate(counts)
            )
            + "XX\n//\n"
        )
        cisbp += f"TF\t{name}\nTF Name\t{name}\nMotif\tM{number}\nPos\tA\tC\tG\tT\n"
        cisbp += rows(letters, "{}\t") + "\n"
    return {
        "motifs.meme": meme,
        "motifs.jaspar": jaspar,
        "motifs.homer": homer,
        "motifs.transfac": transfac,
        "motifs.cisbp": cisbp,
    }
