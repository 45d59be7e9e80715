"""The compendium: an expression matrix with the promoters and regulators that explain it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.checksums import Checksum, check, checksum_record
from deeprage.data.identifiers import Identifier
from deeprage.data.name_index import OWN_NAME
from deeprage.data.names import NameResolver
from deeprage.data.reading import HDF5_MAGIC
from deeprage.data.validation import check_compendium, check_plain_names, stored_problem
from deeprage.errors import DeepRageError, unknown
from deeprage.files import written_aside

if TYPE_CHECKING:
    from anndata import AnnData

#: Raised by one whenever an older program could misread a newer file.
FORMAT_VERSION = 1
#: Of the values; networks centre log2 expression, and take no change for a missing fold change.
RELATIVE = "log2 fold change"
UNITS = (RELATIVE, "log2 expression")


@dataclass(frozen=True)
class Compendium:
    """Expression of genes in conditions, with one promoter a gene and regulator levels.

    Wraps one `AnnData` (the field's orientation: obs = conditions, var = genes). The accessors
    here give arrays in the orientation of the models, genes x conditions. Build one with
    `from_parts`, which validates; treat it as immutable.

    In the AnnData: `X` float32 log2 values with NaN where missing; `obs["series"]`;
    `var["symbol"]`, `var["regulator"]`, `var["has_promoter"]`, `var["group"]`, perhaps
    `var["identifiers"]` (a JSON list of kind and value);
    `varm["promoter"]` int8 tokens, perhaps `varm["coding"]` likewise;
    `uns["deeprage"]` a JSON text with name, unit, anchor, promoter length, provenance;
    `obsm["regulator_levels"]` only in what `visible` returns.
    """

    adata: AnnData

    @classmethod
    def from_parts(
        cls,
        *,
        expression: pd.DataFrame,
        promoters: Mapping[str, NDArray[np.int8]],
        regulators: Sequence[str],
        series: Sequence[str] | None = None,
        conditions: pd.DataFrame | None = None,
        groups: Mapping[str, str] | None = None,
        symbols: Mapping[str, str] | None = None,
        name: str = "compendium",
        unit: str = "log2 fold change",
        anchor: str = "ATG",
        downstream: int = 0,
        provenance: Mapping[str, Any] | None = None,
        coding: Mapping[str, NDArray[np.int8]] | None = None,
        identifiers: Mapping[str, Sequence[Identifier]] | None = None,
    ) -> Compendium:
        """Check the parts against each other and join them.

        Args:
            expression: genes (index) x conditions (columns), log2 values, NaN where missing.
            promoters: int8 tokens (length,) by gene, all of one length, 5' to 3' towards the gene.
                Genes of the matrix without one are kept. They are scored in `pairs` and
                `conditions` only, by what needs no promoter (`split.scored_rows`).
            regulators: genes whose levels describe a condition; each must be a row.
            series: the experiment series of each condition, in the matrix's order; default: each
                condition is a series of its own.
            conditions: further columns for `obs`, indexed like the matrix's columns.
            groups: genes that a split must not part, gene -> group name; default: one each.
            symbols: common names of genes.
            unit: `log2 fold change` or `log2 expression`.
            coding: the start of the coding sequence, int8 tokens of one length, by gene; genes
                without one are all N.
            identifiers: further names of genes, as (kind, value) pairs, see `data.names`.

        Raises:
            DeepRageError: duplicate or unknown names, regulators without a row, constant rows,
                promoters of unequal length, an all-missing condition. It names the count, three
                examples from either side, and what to do.
        """
        from anndata import AnnData

        check_compendium(expression, promoters, regulators, series)
        check_plain_names((symbols or {}).values(), "genes (symbols)")
        check_plain_names((groups or {}).values(), "gene groups")
        if unit not in UNITS:
            raise unknown("unit", unit, UNITS)
        genes = [str(gene) for gene in expression.index]
        length = len(next(iter(promoters.values())))
        has_promoter = np.array([gene in promoters for gene in genes])
        chosen = set(regulators)
        var = pd.DataFrame(
            {
                "symbol": [(symbols or {}).get(gene, gene) for gene in genes],
                "regulator": [gene in chosen for gene in genes],
                "has_promoter": has_promoter,
                "group": [(groups or {}).get(gene, gene) for gene in genes],
            },
            index=pd.Index(genes),
        )
        if identifiers:
            var["identifiers"] = [
                json.dumps(list(identifiers.get(gene, ())), ensure_ascii=False) for gene in genes
            ]
        obs = pd.DataFrame(index=pd.Index(expression.columns.astype(str)))
        if conditions is not None:
            obs = obs.join(conditions.drop(columns="series", errors="ignore"))
        obs["series"] = [str(x) for x in (series if series is not None else obs.index)]
        adata = AnnData(
            X=np.ascontiguousarray(expression.to_numpy(dtype=np.float32).T), obs=obs, var=var
        )
        adata.varm["promoter"] = _rows_of(promoters, genes)
        if coding:
            adata.varm["coding"] = _rows_of(coding, genes)
        about = {
            "format_version": FORMAT_VERSION,
            "name": name,
            "unit": unit,
            "anchor": anchor,
            "promoter_length": length,
            "downstream": downstream,
            "provenance": dict(provenance or {}),
        }
        adata.uns["deeprage"] = json.dumps(about)
        return cls(adata)

    @classmethod
    def load(cls, path: Path | str) -> Compendium:
        """Read a compendium from `.h5ad`.

        Raises:
            DeepRageError: missing or unreadable file, not a compendium or a damaged one, or another
                format.
        """
        path = Path(path)
        if not path.is_file():
            raise DeepRageError(
                f"there is no compendium at {path}. Make one with `deeprage data fetch NAME` or "
                "`deeprage data import`."
            )
        try:
            found = cls(_stored(path))
            version = found.about["format_version"]
        except (MemoryError, DeepRageError):
            raise
        except Exception as error:  # whatever a file of another kind makes the reader stumble over
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise DeepRageError(
                f"{path} is not a deeprage compendium ({reason}). Make one with "
                "`deeprage data import`."
            ) from error
        if version != FORMAT_VERSION:
            raise DeepRageError(
                f"{path} has format {version}, this deeprage reads {FORMAT_VERSION}: "
                "build it again with `deeprage data`."
            )
        if problem := stored_problem(found.adata, found.about):
            raise DeepRageError(
                f"{path} cannot be used as a compendium: {problem}. Build it again with "
                "`deeprage data`."
            )
        return found

    def save(self, path: Path | str) -> None:
        """Write one `.h5ad`, all or nothing.

        It is made in memory, since the HDF5 library crashes when the disk is full. A checksum
        follows the content; other programs do not see it.
        """
        import h5py
        from anndata.io import write_elem

        made = io.BytesIO()
        with h5py.File(made, "w") as file:
            write_elem(file, "/", self.adata, dataset_kwargs={"compression": "gzip"})
        made.seek(0, io.SEEK_END)
        made.write(checksum_record(made.getvalue()))
        with written_aside(Path(path)) as aside:
            aside.write_bytes(made.getbuffer())

    @cached_property
    def about(self) -> dict[str, Any]:
        """Name, unit, anchor, promoter length, downstream part and provenance."""
        found: dict[str, Any] = json.loads(str(self.adata.uns["deeprage"]))
        return found

    @cached_property
    def genes(self) -> list[str]:
        """Gene names, in the order of the rows of every (G, C) matrix."""
        return [str(x) for x in self.adata.var_names]

    @cached_property
    def symbols(self) -> list[str]:
        """Common names of the genes, the gene's own name where it has none."""
        return [str(x) for x in self.adata.var["symbol"]]

    @cached_property
    def names(self) -> NameResolver:
        """Finds genes by their names, symbols and other identifiers."""
        if "identifiers" not in self.adata.var:
            return NameResolver.from_symbols(self.genes, self.symbols)
        pairs = [[(OWN_NAME, gene)] for gene in self.genes]
        for own, text in zip(pairs, self.adata.var["identifiers"], strict=True):
            own += [(str(kind), str(value)) for kind, value in json.loads(str(text))]
        return NameResolver(self.genes, pairs)

    @cached_property
    def regulator_names(self) -> NameResolver:
        """Finds places of the regulators, in the order of `regulators`."""
        return self.names.among([int(row) for row in self.regulator_rows])

    @cached_property
    def conditions(self) -> list[str]:
        """Condition names, in the order of the columns of every (G, C) matrix."""
        return [str(x) for x in self.adata.obs_names]

    @cached_property
    def series(self) -> list[str]:
        """The experiment series of each condition."""
        return [str(x) for x in self.adata.obs["series"]]

    @cached_property
    def groups(self) -> list[str]:
        """The group of each gene: genes of one group are never parted by a split."""
        return [str(x) for x in self.adata.var["group"]]

    @cached_property
    def expression(self) -> NDArray[np.float32]:
        """Log2 values (G, C), NaN where missing or hidden."""
        return np.ascontiguousarray(np.asarray(self.adata.X, dtype=np.float32).T)

    @cached_property
    def promoters(self) -> NDArray[np.int8]:
        """Promoter tokens (G, L), all N for a gene without one."""
        return np.asarray(self.adata.varm["promoter"], dtype=np.int8)

    @cached_property
    def coding(self) -> NDArray[np.int8] | None:
        """The start of each gene's coding sequence, tokens (G, L'), N where unknown; None if it was
        not kept. Most predictors do not read it; `deeprage-f` does."""
        if "coding" not in self.adata.varm:
            return None
        return np.asarray(self.adata.varm["coding"], dtype=np.int8)

    @cached_property
    def has_promoter(self) -> NDArray[np.bool_]:
        """Which genes have a promoter (G,)."""
        found: NDArray[np.bool_] = self.adata.var["has_promoter"].to_numpy(dtype=bool)
        return found

    @cached_property
    def regulator_rows(self) -> NDArray[np.intp]:
        """Rows (R,) of the regulators among the genes."""
        return np.flatnonzero(self.adata.var["regulator"].to_numpy(dtype=bool))

    @cached_property
    def regulators(self) -> list[str]:
        """Names (R,) of the regulators, in the order of `regulator_levels`' columns."""
        return [self.genes[row] for row in self.regulator_rows]

    @property
    def regulator_symbols(self) -> list[str]:
        """Symbols (R,) of the regulators, in the same order."""
        return [self.symbols[row] for row in self.regulator_rows]

    @cached_property
    def regulator_levels(self) -> NDArray[np.float32]:
        """Regulator levels (C, R), log2, NaN where missing.

        Inputs of a model: known for every condition, also where the same gene's cell is hidden
        as a target.
        """
        if "regulator_levels" in self.adata.obsm:
            return np.asarray(self.adata.obsm["regulator_levels"], dtype=np.float32)
        return np.ascontiguousarray(self.expression[self.regulator_rows].T)

    def with_expression(self, expression: NDArray[np.float32]) -> Compendium:
        """The same compendium with other values (G, C); regulator levels stay as they are."""
        from anndata import AnnData

        adata = AnnData(
            X=np.ascontiguousarray(expression.T),
            obs=self.adata.obs,
            var=self.adata.var,
            varm={key: np.asarray(self.adata.varm[key]) for key in self.adata.varm},
            obsm={"regulator_levels": self.regulator_levels},
            uns={"deeprage": self.adata.uns["deeprage"]},
        )
        return Compendium(adata)


def _stored(path: Path) -> AnnData:
    """The content of a file, read directly only where its checksum is right.

    Raises:
        DeepRageError: the file is damaged.
    """
    content = path.read_bytes()
    state = check(content)
    if state is Checksum.WRONG:
        raise DeepRageError(
            f"{path} is damaged (its content does not fit its checksum): copy or download it again."
        )
    if state is Checksum.RIGHT:
        import h5py
        from anndata.io import read_elem

        with h5py.File(io.BytesIO(content)) as file:
            stored: AnnData = read_elem(file)
            return stored
    if not content.startswith(HDF5_MAGIC):
        if not content:
            raise DeepRageError(f"{path} is damaged (it is empty): copy or download it again.")
        raise ValueError("it is no HDF5 file")
    return _stored_by_others(path)


def _stored_by_others(path: Path) -> AnnData:
    """What a compendium consists of, from a file that another program has written."""
    from anndata import AnnData

    from deeprage.data.readers import anndata_content as reader
    from deeprage.data.readers.guarded import read_hdf5

    parts = ["X", "obs", "var", "varm/promoter", "varm/coding", "obsm/regulator_levels"]
    content = read_hdf5(path, f"the compendium {path}", taken=[*parts, "uns/deeprage"])
    if content["X"].kind == "group":
        raise ValueError("its matrix X is not a dense one of float32")
    arrays = {part: content[part].values for part in parts[3:]}
    about = content["uns/deeprage"].values
    stored = AnnData(
        X=reader.matrix(content, "X"),
        obs=reader.table(content, "obs"),
        var=reader.table(content, "var"),
        varm=_under("varm/", arrays),
        obsm=_under("obsm/", arrays),
        uns={} if about is None else {"deeprage": about.item()},
    )
    # Identifiers that are no JSON lists are an error of the file, to be found now.
    _ = Compendium(stored).names
    return stored


def _under(group: str, arrays: Mapping[str, NDArray[Any] | None]) -> dict[str, NDArray[Any]]:
    """The arrays whose paths begin with `group`, by the rest of the path."""
    return {
        path.removeprefix(group): values
        for path, values in arrays.items()
        if values is not None and path.startswith(group)
    }


def _rows_of(sequences: Mapping[str, NDArray[np.int8]], genes: Sequence[str]) -> NDArray[np.int8]:
    """Tokens (G, L) in the order of the genes, N for those that have none."""
    length = len(next(iter(sequences.values())))
    tokens = np.full((len(genes), length), 4, dtype=np.int8)
    for row, gene in enumerate(genes):
        if gene in sequences:
            tokens[row] = sequences[gene]
    return tokens
