"""The identifiers that an annotation file gives a gene, as written there."""

from collections.abc import Iterable

#: (kind, value), the value as written in the file.
Identifier = tuple[str, str]

#: Kind of identifier by attribute, for attributes that name the gene on whatever line they stand.
_OF_GENES = {
    "gene_id": "gene_id",
    "geneID": "gene_id",
    "geneId": "gene_id",
    "locus_tag": "locus_tag",
    "locus": "locus",
    "gene": "gene",
    "gene_name": "gene_name",
    "symbol": "symbol",
    "gene_symbol": "symbol",
    "standard_name": "standard_name",
    "systematic_name": "systematic_name",
    "orf_name": "orf_name",
    "old_locus_tag": "old_locus_tag",
    "gene_synonym": "alias",
    "Alias": "alias",
    "alias": "alias",
    "synonym": "alias",
    "synonyms": "alias",
    "Dbxref": "Dbxref",
    "dbxref": "Dbxref",
    "db_xref": "Dbxref",
    "transcript_id": "transcript_id",
    "orig_transcript_id": "transcript_id",
    "protein_id": "protein_id",
    "orig_protein_id": "protein_id",
}
#: Kind that `ID` and `Name` have, by the feature that they stand on.
_OF_LINES = {
    "gene": {"ID": "ID", "Name": "Name"},
    "transcript": {"ID": "transcript_id", "Name": "transcript_id"},
    "CDS": {"ID": "protein_id", "Name": "protein_id"},
}


_KINDS = {level: _OF_GENES | own for level, own in _OF_LINES.items()}


def identifiers_of(attributes: Iterable[tuple[str, str]], level: str) -> list[Identifier]:
    """Identifiers among the attributes of one line, in their order.

    Kinds are the attributes' names, but for `alias` (all spellings of synonyms), `Dbxref:GeneID`
    (each database of `Dbxref` or `db_xref`), and `ID` and `Name` of transcripts and coding
    sequences, which are a `transcript_id` and a `protein_id`. `gene_version` is the `gene_id` with
    its version (`ENSG00000012048.23`), for files that write the version beside it.

    Args:
        attributes: single values, lists being split.
        level: the line's feature: `gene`, `transcript` or `CDS`.
    """
    kinds = _KINDS[level]
    pairs = [(key, value.strip()) for key, value in attributes]
    listed = [_identifier(kinds[key], value) for key, value in pairs if value and key in kinds]
    values = dict(pairs)
    for part in ("gene", "transcript", "protein"):
        name, version = values.get(f"{part}_id"), values.get(f"{part}_version")
        if name and version and not name.endswith(f".{version}"):
            kind = "gene_version" if part == "gene" else f"{part}_id"
            listed.append((kind, f"{name}.{version}"))
    return list(dict.fromkeys(listed))


def _identifier(kind: str, value: str) -> Identifier:
    if kind == "Dbxref" and ":" in value:
        # HGNC:HGNC:1100 is the number of HGNC, with its prefix as written.
        database, _, number = value.partition(":")
        return f"Dbxref:{database}", number
    return kind, value
