"""Positions on chromosomes, as files write them."""

#: No chromosome is longer; the largest known ones have some 1e11 bases.
LONGEST = 10**12


def position(text: str) -> int | None:
    """A whole number from 0 to `LONGEST` in decimal digits, None for any other text."""
    # isdecimal, since isdigit takes superscripts, which are no numbers. The length comes first,
    # since Python refuses to read very long numbers.
    if len(text) > 20 or not text.isdecimal():
        return None
    number = int(text)
    return number if number <= LONGEST else None
