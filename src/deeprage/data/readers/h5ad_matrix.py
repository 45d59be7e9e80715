"""Matrices in AnnData files (.h5ad), of which nothing is read that is not needed."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.readers.anndata_content import (
    ElementError,
    column,
    frame_columns,
    frame_names,
    matrix,
)
from deeprage.data.readers.file_kinds import kind_of_hdf5
from deeprage.data.readers.guarded import Content, read_hdf5
from deeprage.data.readers.raw_matrix import RawMatrix
from deeprage.data.readers.text_matrix import WHAT
from deeprage.errors import DeepRageError, examples, unknown

#: As a layer: the values that AnnData keeps from before a matrix was scaled.
RAW = "raw"
#: Genes with mean 0 and standard deviation 1, from which a matrix is taken for a scaled one.
_SCALED_SHARE = 0.8


def read_h5ad_matrix(file: Path, path: Path, layer: str | None = None) -> RawMatrix:
    """Observations x variables.

    Args:
        file: what is opened.
        path: what messages call it, which may be packed.
        layer: a layer instead of X; `raw` is .raw where no layer has that name.

    Raises:
        DeepRageError: damaged, too large, no AnnData, or no matrix of real numbers.
    """
    asked = [] if layer is None else [f"layers/{layer}"]
    taken = [*(asked or ["X"]), "obs", "var", *(["raw/X", "raw/var"] if layer == RAW else [])]
    content = read_hdf5(file, f"{WHAT} {path}", taken=taken, listed=["", "layers", "raw"])
    _check_kind(path, content)
    place, var = _place(path, content, layer)
    try:
        values = matrix(content, place)
    except ElementError as error:
        raise DeepRageError(
            f"{place} of {path} cannot be used as an expression matrix: {error}."
            f"{_other_places(content)}"
        ) from error
    frames = []
    for frame, length in (("obs", values.shape[0]), (var, values.shape[1])):
        try:
            names = frame_names(content, frame)
        except ElementError as error:
            raise DeepRageError(f"{path} cannot be read as h5ad: {error}.") from error
        if len(names) != length:
            raise DeepRageError(
                f"{path} is damaged: {place} has {values.shape[0]:,} x {values.shape[1]:,} values, "
                f"and {frame} {len(names):,} names."
            )
        frames.append(pd.Index(names, dtype=object))
    return RawMatrix(
        values=pd.DataFrame(values.astype(np.float64), index=frames[0], columns=frames[1]),
        row_labels=_labels(content, "obs"),
        column_labels=_labels(content, var),
        genes="columns",
        layers=tuple(_others(content, place)),
        remarks=_remarks(path, place, values, content),
    )


def _check_kind(path: Path, content: Content) -> None:
    root = content[""]
    members = set(root.members)
    if {"obs", "var"} <= members:
        return
    kind = kind_of_hdf5(members, set(root.attributes))
    if kind is not None:
        raise DeepRageError(f"{WHAT} {path} is {kind}.")
    raise DeepRageError(
        f"{WHAT} {path} is an HDF5 file but no AnnData (.h5ad): it has "
        f"{examples(sorted(members))}, and not obs and var. Save the matrix as .h5ad, Parquet, TSV "
        "or CSV."
    )


def _place(path: Path, content: Content, layer: str | None) -> tuple[str, str]:
    """Where the matrix is, and its variables."""
    if layer is None:
        return "X", "var"
    place = f"layers/{layer}"
    if content[place].kind != "missing":
        return place, "var"
    if layer == RAW and content["raw/X"].kind != "missing":
        return "raw/X", "raw/var"
    raise unknown(f"layer of {path}", layer, _layers(content) or ["none, leave out --layer"])


def _layers(content: Content) -> list[str]:
    """What --layer may name."""
    layers = list(content["layers"].members)
    return [*layers, *([RAW] if content["raw"].kind == "group" else [])]


def _others(content: Content, place: str) -> list[str]:
    """Layers other than the matrix that was read."""
    return [x for x in _layers(content) if place not in (f"layers/{x}", f"{x}/X")]


def _other_places(content: Content) -> str:
    layers = _layers(content)
    if not layers:
        return ""
    return f" It has the layers {examples(layers, most=8)}: choose one with --layer."


def _labels(content: Content, frame: str) -> dict[str, list[str]]:
    """Columns of text of a table."""
    labels = {}
    for title in frame_columns(content, frame):
        values = column(content, f"{frame}/{title}")
        if values is None or not len(values):
            continue
        texts = np.asarray(values, dtype=object)
        if all(isinstance(value, str) or pd.isna(value) for value in texts):
            labels[title] = ["" if pd.isna(value) else value for value in texts]
    return labels


def _remarks(
    path: Path, place: str, values: NDArray[np.floating], content: Content
) -> tuple[str, ...]:
    layers = _others(content, place)
    offered = f"; other values are in {examples(layers, most=8)} (--layer)" if layers else ""
    if _is_scaled(values):
        return (
            f"{place} of {path} seems to be scaled (each gene has mean 0 and standard deviation "
            f"1), while log2 values are needed{offered}.",
        )
    if layers and _are_counts(values):
        return (f"{place} of {path} holds whole numbers only, such as counts{offered}.",)
    return ()


def _is_scaled(values: NDArray[np.floating]) -> bool:
    """Whether most columns or rows have mean 0 and standard deviation 1."""
    for axis in (0, 1):
        if values.shape[axis] < 4:
            continue
        with np.errstate(all="ignore"):
            mean, spread = values.mean(axis=axis), values.std(axis=axis)
        varied = spread > 0
        standard = (np.abs(mean) < 0.02) & (np.abs(spread - 1) < 0.1)
        if varied.any() and standard[varied].mean() >= _SCALED_SHARE:
            return True
    return False


def _are_counts(values: NDArray[np.floating]) -> bool:
    known = values[np.isfinite(values)]
    return bool(len(known)) and bool((known >= 0).all() and (known == np.round(known)).all())
