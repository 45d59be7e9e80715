"""Kinds of files that are recognised by their content, so that the next step can be named."""

import re
import zipfile
from pathlib import Path

_TABLE = "save the table as TSV or CSV"
_R = 'write the matrix with write.table(x, "matrix.tsv", sep = "\\t", quote = FALSE)'
_UNPACK = "unpack it first"
#: First bytes of files that are no text, what they are, and what to do.
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive", _UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", "give the file that it should hold"),
    (b"\x1f\x8b", "packed with gzip", _UNPACK),
    (b"BZh", "packed with bzip2", "unpack it first (bzip2 -d)"),
    (b"\xfd7zXZ\x00", "packed with xz", "unpack it first (xz -d)"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it first (zstd -d)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)", _TABLE),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "give a table of text"),
    (b"PAR1", "a Parquet file", "give a table of text"),
    (b"ARROW1", "an Arrow (Feather) file", "save the table as Parquet, TSV or CSV"),
    (b"FEA1", "a Feather file", "save the table as Parquet, TSV or CSV"),
    (b"\x93NUMPY", "a NumPy array without names", "save it with names of rows and columns, as TSV"),
    (b"RDX", "an R workspace (.RData)", _R),
    (b"RDA", "an R workspace (.RData)", _R),
    (b"X\n\x00\x00", "an R object (.rds)", _R),
    (b"SQLite format 3", "an SQLite database", _TABLE),
    (b"%PDF", "a PDF", _TABLE),
    (b"BAM\x01", "a BAM file of aligned reads", "count reads of genes first"),
    (b"CRAM", "a CRAM file of aligned reads", "count reads of genes first"),
    (b"\x80\x02", "a Python pickle, which is never opened", "save the table as Parquet or TSV"),
    (b"\x80\x03", "a Python pickle, which is never opened", "save the table as Parquet or TSV"),
    (b"\x80\x04", "a Python pickle, which is never opened", "save the table as Parquet or TSV"),
    (b"\x80\x05", "a Python pickle, which is never opened", "save the table as Parquet or TSV"),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8 (iconv -f utf-16 -t utf-8)"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8 (iconv -f utf-16 -t utf-8)"),
)  # fmt: skip
#: First characters of files of text that are no tables.
_TEXT_STARTS: tuple[tuple[str, str, str], ...] = (
    (r"%%MatrixMarket", "a Matrix Market file, which has no names",
     "join it with the names of its rows and columns, and save it as .h5ad or TSV"),
    (r"##gff-version|##gtf", "a GFF file", "give it as the annotation"),
    (r">\s*\S", "a FASTA file", "give it as the genome or the promoters"),
    (r"<(!doctype|html|\?xml)", "a web page or XML, perhaps of a failed download",
     "download the file again"),
    (r"LOCUS +\S+ +\d+ bp", "a GenBank file", "give it as the annotation"),
    (r"[{\[]\s*[\"{\[]", "a JSON file", _TABLE),
    (r"MEME version", "a MEME file of motifs", "give it as the motifs"),
    (r"@(HD|SQ)\t", "a SAM file of aligned reads", "count reads of genes first"),
    (r"##fileformat=VCF", "a VCF file of variants", "give a table"),
    (r"version https://git-lfs", "a pointer of Git LFS, not the file itself",
     "fetch the file (git lfs pull)"),
)  # fmt: skip


def kind_of_bytes(start: bytes, path: Path | None = None) -> str | None:
    """What a file that is no text is, and what to do; None if its first bytes are not known.

    Args:
        start: its first bytes, 64 or more.
        path: the file, to look into an archive.
    """
    for magic, kind, advice in _STARTS:
        if start.startswith(magic):
            if magic == b"PK\x03\x04" and path is not None:
                kind, advice = _in_zip(path) or (kind, advice)
            return f"{kind}: {advice}"
    if start[257:262] == b"ustar":
        return f"a tar archive: {_UNPACK}"
    if b"\0" in start and (not any(start[0:40:2]) or not any(start[1:40:2])):
        return "text in UTF-16: save it as UTF-8 (iconv -f utf-16 -t utf-8)"
    return None


def kind_of_text(start: str) -> str | None:
    """What a file of text is that is no table, and what to do; None if it may be a table."""
    for pattern, kind, advice in _TEXT_STARTS:
        if re.match(pattern, start, re.IGNORECASE):
            return f"{kind}: {advice}"
    return None


def kind_of_folder(path: Path) -> str | None:
    """What a folder of data is, and what to do; None if it is not known."""
    names = {entry.name for entry in path.iterdir()}
    if names & {".zgroup", ".zattrs", "zarr.json", ".zarray"}:
        return "a zarr store: read it with anndata.read_zarr and save it with write_h5ad"
    if any(name.removesuffix(".gz") == "matrix.mtx" for name in names):
        return (
            "a folder of Cell Ranger (matrix.mtx, barcodes, features): read it with "
            "scanpy.read_10x_mtx, sum the cells of each condition, and save it with write_h5ad"
        )
    if any(name.startswith(("quant.sf", "abundance.")) for name in names):
        return "a result of Salmon or kallisto for one sample: join all samples into one table"
    return None


def kind_of_hdf5(members: set[str], attributes: set[str]) -> str | None:
    """What an HDF5 file is that is no AnnData, and what to do; None if it is not known."""
    if {"matrix", "row_attrs", "col_attrs"} <= members:
        return "a loom file: read it with anndata.io.read_loom and save it with write_h5ad"
    if "matrix" in members:
        return (
            "an HDF5 file of Cell Ranger (10x): read it with scanpy.read_10x_h5, sum the cells of "
            "each condition, and save it with write_h5ad"
        )
    if "mod" in members:
        return "a MuData file: save one of its modalities with write_h5ad"
    if "0" in members and {"version"} & attributes:
        return "a GCTX file: read it with cmapPy and save it as GCT or TSV"
    if {"aux", "est_counts"} <= members:
        return "a result of kallisto for one sample: join all samples into one table"
    if any(name.startswith("#") for name in members):
        return "a MATLAB file: save the matrix with names of rows and columns as TSV"
    return None


def _in_zip(path: Path) -> tuple[str, str] | None:
    """What a file is that other programs pack with ZIP."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:1000]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "a damaged ZIP archive", "download or copy it again"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (.xlsx)", _TABLE
    if "content.xml" in names or "mimetype" in names:
        return "a spreadsheet of LibreOffice (.ods)", _TABLE
    if any(name.endswith(".npy") for name in names):
        return "a NumPy archive (.npz)", "save the matrix with names of rows and columns, as TSV"
    if any(name.endswith((".zgroup", ".zattrs", "zarr.json")) for name in names):
        return "a zarr store", "read it with anndata.read_zarr and save it with write_h5ad"
    if any(name.endswith("data.pkl") for name in names):
        return "a PyTorch file, which is never opened here", _TABLE
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"a ZIP archive ({shown})", _UNPACK
