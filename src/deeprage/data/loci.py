"""The places of a gene: one record of an annotation may name genes at several."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from deeprage.data.gene_records import STRANDS, GeneRecord, Part, Span, Transcript

_Home = tuple[str, str]


@dataclass
class Locus:
    """One place of a gene.

    Attributes:
        chromosome, strand: of its first part; the strand is `.` where none is known.
        body: from its first to its last base on the forward strand.
        transcripts: those that lie here; of a trans-spliced one, what lies here.
        trans_spliced: whether parts on other strands, or far apart, follow its first part.
        unordered: whether such parts exist, and nothing says which of them comes first.
    """

    chromosome: str
    strand: str
    body: Span
    transcripts: list[Transcript] = field(default_factory=list)
    trans_spliced: bool = False
    unordered: bool = False


@dataclass(frozen=True)
class _Piece:
    """What of a transcript lies at one place."""

    transcript: Transcript
    reach: Part
    trans_spliced: bool = False
    unordered: bool = False


def loci_of(record: GeneRecord) -> list[Locus]:
    """The places of a gene.

    A record whose lines lie on two strands or chromosomes, or that has lines of genes or of one
    transcript apart from each other, names genes at several loci, unless it is trans-spliced: the
    file says so, or numbers the parts of a transcript through. Then its first part is its place.
    """
    if (single := _single_locus(record)) is not None:
        return [single]
    strand = _only_strand(record.parts())
    rows = [_on(row, strand) for row in record.rows]
    if _are_parts(rows) and not record.trans_spliced:
        # NCBI numbers the parts of an interrupted gene, whose order the coordinates give.
        if len({row.home for row in rows}) == 1:
            rows = [_reach(rows)]
        else:
            record = replace(record, trans_spliced=True)
    pieces = [
        piece
        for transcript in record.transcripts.values()
        for piece in _pieces(_stranded(transcript, strand), rows, record.trans_spliced)
    ]
    if record.trans_spliced:
        rows = _first_rows(rows, pieces)
    loci = _merged(Locus(row.chromosome, row.strand, (row.start, row.end)) for row in rows)
    own = len(loci)
    for piece in sorted(pieces, key=lambda piece: piece.reach):
        locus = next((one for one in loci if _holds(one, piece.reach)), None)
        if locus is None:
            reach = piece.reach
            locus = Locus(reach.chromosome, reach.strand, (reach.start, reach.end))
            loci.append(locus)
        _add(locus, piece)
    # The line of a gene says less than transcripts on the other strand of its place.
    lines, others = loci[:own], loci[own:]
    kept = [x for x in lines if x.transcripts or not any(_meet(x, other) for other in others)]
    places = _merged([*kept, *others])
    if record.trans_spliced and not pieces and len(places) > 1:
        places[0].unordered = True
        return places[:1]
    return places


def _single_locus(record: GeneRecord) -> Locus | None:
    """The place of a gene with one line, or transcripts of one line each, on one strand of it.

    What most genes are; the general way gives the same.
    """
    homes = {part.home for part in record.parts()}
    if record.trans_spliced or len(homes) != 1 or len(record.rows) != 1:
        return None
    row = record.rows[0]
    for transcript in record.transcripts.values():
        if transcript.trans_spliced or len(transcript.rows) > 1:
            return None
        for part in transcript.parts():
            if part.start < row.start or part.end > row.end:
                return None
    return Locus(*row.home, (row.start, row.end), list(record.transcripts.values()))


def _add(locus: Locus, piece: _Piece) -> None:
    reach = piece.reach
    locus.body = min(locus.body[0], reach.start), max(locus.body[1], reach.end)
    locus.strand = locus.strand if locus.strand in STRANDS else reach.strand
    locus.transcripts.append(piece.transcript)
    locus.trans_spliced |= piece.trans_spliced
    locus.unordered |= piece.unordered


def _holds(locus: Locus, reach: Part) -> bool:
    """Whether a part lies at a place; one without a strand is of either strand."""
    strands = {locus.strand, reach.strand} & set(STRANDS)
    return (
        locus.chromosome == reach.chromosome
        and len(strands) <= 1
        and locus.body[0] < reach.end
        and reach.start < locus.body[1]
    )


def _meet(one: Locus, other: Locus) -> bool:
    same = one.chromosome == other.chromosome
    return same and one.body[0] < other.body[1] and other.body[0] < one.body[1]


def _merged(loci: Iterable[Locus]) -> list[Locus]:
    """Places that overlap on one strand as one."""
    merged: list[Locus] = []
    for locus in sorted(loci, key=lambda x: (x.chromosome, x.body)):
        reach = Part(locus.chromosome, locus.strand, *locus.body)
        before = next((x for x in reversed(merged) if _holds(x, reach)), None)
        if before is None:
            merged.append(locus)
            continue
        before.body = before.body[0], max(before.body[1], locus.body[1])
        before.strand = before.strand if before.strand in STRANDS else locus.strand
        before.transcripts += locus.transcripts
        before.trans_spliced |= locus.trans_spliced
        before.unordered |= locus.unordered
    return merged


def _pieces(transcript: Transcript, rows: Sequence[Part], trans_spliced: bool) -> list[_Piece]:
    parts = list(transcript.parts())
    homes = list(dict.fromkeys(part.home for part in parts))
    trans_spliced = (trans_spliced or transcript.trans_spliced) and len(parts) > 1
    if len(homes) > 1 and (trans_spliced or _is_numbered_through(transcript)):
        first = _first_row(rows) or _first_stretch(transcript)
        if first is None:
            return [_Piece(transcript, _reach(parts[:1]), trans_spliced=True, unordered=True)]
        return [_Piece(_within(transcript, first), first, trans_spliced=True)]
    if trans_spliced and (first := _first_row(rows)):
        inner = _within(transcript, first)
        if any(inner.parts()):
            return [_Piece(inner, first, trans_spliced=True)]
    reaches = _copies(transcript, homes, rows)
    if len(reaches) == 1:
        return [_Piece(transcript, reaches[0])]
    return [_Piece(_within(transcript, reach), reach) for reach in reaches]


def _copies(transcript: Transcript, homes: Sequence[_Home], rows: Sequence[Part]) -> list[Part]:
    """The places of a transcript whose identifier, or that of its gene, is given to several.

    Lines of one strand are apart if they lie in several lines of the transcript or of the gene.
    """
    reaches = []
    for home in homes:
        own = [part for part in transcript.parts() if part.home == home]
        lines = [part for part in transcript.rows if part.home == home]
        whole = _joined(lines if len(lines) > 1 else [row for row in rows if row.home == home])
        used = [line for line in whole if any(part.overlaps(line) for part in own)]
        held = all(any(part.overlaps(line) for line in used) for part in own)
        single = all(sum(part.overlaps(line) for line in used) == 1 for part in own)
        reaches += used if len(used) > 1 and held and single else [_reach(own)]
    return reaches


def _joined(parts: Iterable[Part]) -> list[Part]:
    """Parts of one home, those that overlap as one."""
    joined: list[Part] = []
    for part in sorted(parts, key=lambda part: part.start):
        if joined and part.start < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(joined[-1].end, part.end))
        else:
            joined.append(part)
    return joined


def _first_rows(rows: Sequence[Part], pieces: Sequence[_Piece]) -> list[Part]:
    """Of the lines of a trans-spliced gene, those at its first part."""
    first = _first_row(rows)
    if first is not None:
        return [first]
    if not pieces:
        return list(rows)
    return [row for row in rows if any(_holds(_place(row), piece.reach) for piece in pieces)]


def _place(part: Part) -> Locus:
    return Locus(part.chromosome, part.strand, (part.start, part.end))


def _first_row(rows: Sequence[Part]) -> Part | None:
    """The line of the first part of a gene, where its lines are numbered."""
    return min(rows, key=lambda row: row.rank) if _are_parts(rows) else None


def _are_parts(rows: Sequence[Part]) -> bool:
    """Whether the lines of a gene are numbered as parts of one."""
    ranks = {row.rank for row in rows}
    return len(rows) > 1 and 0 not in ranks and len(ranks) == len(rows)


def _is_numbered_through(transcript: Transcript) -> bool:
    """Whether the exons on several strands or chromosomes are numbered as those of one."""
    for parts in (transcript.exons, _coding(transcript)):
        numbers: dict[_Home, set[int]] = {}
        for part in parts:
            numbers.setdefault(part.home, set()).add(part.rank)
        every = [number for ranks in numbers.values() for number in ranks]
        if len(numbers) > 1 and 0 not in every and len(set(every)) == len(every):
            return True
    return False


def _first_stretch(transcript: Transcript) -> Part | None:
    """Where the first parts of a transcript lie, by their numbers, else by the phases."""
    for parts in (_coding(transcript), transcript.exons):
        homes = {part.home for part in parts}
        if len(homes) < 2:
            continue
        if all(part.rank for part in parts):
            first = min(parts, key=lambda part: part.rank)
            after = min(part.rank for part in parts if part.home != first.home)
            if first.rank < after:
                return _reach([p for p in parts if p.home == first.home and p.rank < after])
        return _first_by_phase([[p for p in parts if p.home == home] for home in sorted(homes)])
    coding = _coding(transcript)
    return _reach(coding) if coding else None


def _first_by_phase(stretches: list[list[Part]]) -> Part | None:
    """The first of two stretches, where the phases of coding parts fit one order only."""
    if len(stretches) != 2:
        return None
    firsts = []
    for first, second in (stretches, stretches[::-1]):
        length = sum(part.end - part.start for part in first)
        if _opening(first).phase == 0 and _opening(second).phase == -length % 3:
            firsts.append(first)
    return _reach(firsts[0]) if len(firsts) == 1 else None


def _opening(parts: Sequence[Part]) -> Part:
    """The 5'-most of parts on one strand."""
    if parts[0].strand == "+":
        return min(parts, key=lambda part: part.start)
    return max(parts, key=lambda part: part.end)


def _within(transcript: Transcript, reach: Part) -> Transcript:
    """What of a transcript lies within a part of the genome."""

    def inside(parts: Iterable[Part]) -> list[Part]:
        return [part for part in parts if part.home == reach.home and part.overlaps(reach)]

    coding = {name: inside(parts) for name, parts in transcript.coding.items()}
    return replace(
        transcript,
        rows=inside(transcript.rows),
        exons=inside(transcript.exons),
        coding={name: parts for name, parts in coding.items() if parts},
        start_codons=inside(transcript.start_codons),
    )


def _coding(transcript: Transcript) -> list[Part]:
    return [part for parts in transcript.coding.values() for part in parts]


def _reach(parts: Sequence[Part]) -> Part:
    """The stretch from the first to the last base of parts of one home."""
    start, end = min(part.start for part in parts), max(part.end for part in parts)
    return Part(parts[0].chromosome, parts[0].strand, start, end)


def _only_strand(parts: Iterable[Part]) -> str:
    """The strand of a gene whose lines name one, else `.`."""
    strands = {part.strand for part in parts} & set(STRANDS)
    return strands.pop() if len(strands) == 1 else "."


def _on(part: Part, strand: str) -> Part:
    return part if part.strand in STRANDS else part._replace(strand=strand)


def _stranded(transcript: Transcript, strand: str) -> Transcript:
    """The transcript, lines without a strand being on that of the others."""
    if all(part.strand in STRANDS for part in transcript.parts()):
        return transcript
    return replace(
        transcript,
        rows=[_on(part, strand) for part in transcript.rows],
        exons=[_on(part, strand) for part in transcript.exons],
        coding={n: [_on(p, strand) for p in parts] for n, parts in transcript.coding.items()},
        start_codons=[_on(part, strand) for part in transcript.start_codons],
    )
