"""Genes that cross the origin of a circular chromosome."""

from collections.abc import Sequence
from dataclasses import replace

from deeprage.data.gene_records import GeneRecord, Part, Transcript


def unwrapped(record: GeneRecord, chromosome: str, size: int, *, circular: bool) -> GeneRecord:
    """The gene with what lies behind the origin counted on past the length of the chromosome.

    Some files write a gene that crosses the origin as parts at both ends of the chromosome. It is
    taken as one if its parts touch both ends, or, where the chromosome is known to be circular, if
    they lie more than half of it apart.
    """
    for strand in ("+", "-"):
        parts = sorted(part for part in record.parts() if part.home == (chromosome, strand))
        last = _before_the_origin(parts, size, circular=circular)
        if last is not None:
            record = _shifted(record, (chromosome, strand), last, size)
    return record


def _before_the_origin(parts: Sequence[Part], size: int, *, circular: bool) -> int | None:
    """Where the part of a gene after the origin ends, None for a gene that does not cross it."""
    if len(parts) < 2:
        return None
    low, high = parts[0].start, max(part.end for part in parts)
    both_ends = low == 0 and high == size
    if high > size or not (both_ends or (circular and high - low > size / 2)):
        return None
    widest, edge, reached = 0, None, parts[0].end
    for part in parts[1:]:
        if part.start - reached > widest:
            widest, edge = part.start - reached, reached
        reached = max(reached, part.end)
    return edge if widest > size / 2 else None


def _shifted(record: GeneRecord, home: tuple[str, str], last: int, size: int) -> GeneRecord:
    def moved(parts: Sequence[Part]) -> list[Part]:
        return [
            part._replace(start=part.start + size, end=part.end + size)
            if part.home == home and part.end <= last
            else part
            for part in parts
        ]

    def turned(transcript: Transcript) -> Transcript:
        return replace(
            transcript,
            rows=_rejoined(moved(transcript.rows), home, size),
            exons=moved(transcript.exons),
            coding={name: moved(parts) for name, parts in transcript.coding.items()},
            start_codons=moved(transcript.start_codons),
        )

    return replace(
        record,
        rows=_rejoined(moved(record.rows), home, size),
        transcripts={name: turned(one) for name, one in record.transcripts.items()},
    )


def _rejoined(rows: Sequence[Part], home: tuple[str, str], size: int) -> list[Part]:
    """Lines of one feature, its two halves at the origin as one."""
    own = [row for row in rows if row.home == home]
    before = [row for row in own if row.end == size]
    after = [row for row in own if row.start == size]
    if len(before) != 1 or len(after) != 1:
        return list(rows)
    joined = before[0]._replace(end=after[0].end)
    return [row for row in rows if row not in (*before, *after)] + [joined]
