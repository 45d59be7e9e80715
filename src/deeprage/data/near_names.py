"""Why names may fail to match: upper and lower case, and what spreadsheets make of gene names."""

import re
from collections.abc import Iterable

from deeprage.errors import examples

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
#: SEPT2 becomes 2-Sep, MARCH1 1-Mar or 2024-03-01, and the RIKEN clone 2310009E13 2.31E+19.
_CHANGED = re.compile(
    rf"(\d{{1,2}}-({_MONTHS})|({_MONTHS})-\d{{1,2}}"
    r"|(19|20)\d\d-\d\d-\d\d( 00:00:00)?|\d(\.\d+)?e[+-]?\d{2,3})",
    re.IGNORECASE,
)


def near_names_hint(strange: Iterable[str], known: Iterable[str]) -> str:
    """A sentence (after a blank) on why `strange` names are not `known` ones; empty if unclear."""
    lost = [str(name) for name in strange]
    return _case_hint(lost, known) or spreadsheet_hint(lost)


def spreadsheet_hint(names: Iterable[str]) -> str:
    """A sentence (after a blank) if some names look like what a spreadsheet makes of others."""
    changed = [name for name in names if _CHANGED.fullmatch(name)]
    if not changed:
        return ""
    return (
        f" {examples(changed)} look like gene names that a spreadsheet has turned into dates or "
        "numbers: take them from the original file."
    )


def _case_hint(lost: list[str], known: Iterable[str]) -> str:
    by_case = {str(name).casefold(): str(name) for name in known}
    for name in lost:
        meant = by_case.get(name.casefold())
        if meant is not None and meant != name:
            return (
                f" {name!r} and {meant!r} differ in upper and lower case alone: write names alike "
                "in both."
            )
    return ""
