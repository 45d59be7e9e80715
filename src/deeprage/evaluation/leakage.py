"""The leakage audit: ways in which a test answer could reach a predictor past the barrier."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.groups import SHARED_WORDS, WORD
from deeprage.data.split import Regime, Role, ScoringProtocol, Split, scored_rows
from deeprage.data.units import by_level, gene_means
from deeprage.evaluation.likeness import column_correlations, shared_with

#: Two conditions with a higher correlation are one and the same for a predictor.
ALIKE = 0.9
#: From this correlation on conditions are related: more alike than other conditions of a new kind.
RELATED = 0.8
_PAIRS_NAMED = 5
RELATED_NAME = f"test conditions with a related training condition, r > {RELATED:g}"
#: Unrelated promoters, at their best shift, agree in a third to a half of their bases.
COPY = 0.6
#: A share above this is called a leak, one below it but not 0 a note.
MUCH = 0.1


@dataclass(frozen=True)
class AuditRow:
    """One finding.

    Attributes:
        name: what was looked at.
        value: what was found, as text.
        number: the same as a number (shares from 0 to 1).
        verdict: what it means for the scores, one plain sentence.
        severity: `ok`, `note` or `leak`.
    """

    name: str
    value: str
    number: float
    verdict: str
    severity: str

    def as_dict(self) -> dict[str, Any]:
        """A plain dictionary, as `metrics.json` holds it."""
        return asdict(self)


def audit(
    compendium: Compendium,
    split: Split,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
) -> list[AuditRow]:
    """Everything that could make the test scores of this split too good, each with a verdict.

    Promoters are compared where genes are held out, conditions where conditions are; elsewhere
    test and training share them by design, and the audit says so.

    Args:
        compendium: the whole of it, with its test values.
    """
    split.check_against(compendium)
    return [
        *_promoters(compendium, split),
        _parted(
            "gene groups parted", "gene groups", compendium.groups, split, axis=0, held=_GENES_HELD
        ),
        *_conditions(compendium, split),
        _parted(
            "condition series parted",
            "series",
            compendium.series,
            split,
            axis=1,
            held=_CONDITIONS_HELD,
        ),
        _targets_as_inputs(compendium, split, protocol),
        _cells_seen(compendium, split),
    ]


_GENES_HELD = (Regime.GENES, Regime.BOTH)
_CONDITIONS_HELD = (Regime.CONDITIONS, Regime.BOTH)


def _units(split: Split, role: Role, axis: int) -> NDArray[np.intp]:
    """Genes (axis 0) or conditions (axis 1) with a cell of the role."""
    return np.flatnonzero(split.cells(role).any(axis=1 - axis))


def _share(part: int, whole: int) -> tuple[str, float]:
    share = part / whole if whole else 0.0
    return f"{100 * share:.1f} % ({part:,} of {whole:,})", share


def _severity(share: float) -> str:
    if share == 0:
        return "ok"
    return "note" if share <= MUCH else "leak"


def _promoters(compendium: Compendium, split: Split) -> list[AuditRow]:
    name = "test genes whose promoter is shared with training"
    test, train = _units(split, Role.TEST, 0), _units(split, Role.TRAIN, 0)
    if split.regime not in _GENES_HELD:
        common = len(np.intersect1d(test, train))
        value, share = _share(common, len(test))
        verdict = (
            f"By design: {split.regime} holds out no genes, so these scores say nothing about "
            "genes that were never seen."
        )
        return [AuditRow(name, value, share, verdict, "note")]
    near, identity = shared_with(compendium.promoters, test, train)
    value, share = _share(int(near.sum()), len(test))
    criterion = f"{SHARED_WORDS:.0%} of its {WORD}-mers"
    verdict = (
        f"No test promoter shares {criterion} with a training promoter."
        if share == 0
        else f"These share {criterion} or more with a training promoter, whose genes behave "
        "alike: the scores are too good for new genes; group such genes and split again."
    )
    alike = (
        "The closest pair of promoters across the split is not a copy: below "
        f"{COPY:.0%} of the window is the same, base by base without gaps."
        if identity < COPY
        else "At least one pair of promoters across the split is nearly a copy, base by base "
        "without gaps: group such genes and split again."
    )
    return [
        AuditRow(name, value, share, verdict, _severity(share)),
        AuditRow(
            "highest promoter identity across the split",
            f"{100 * identity:.0f} %",
            identity,
            alike,
            "ok" if identity < COPY else "note",
        ),
    ]


def _parted(
    name: str,
    what: str,
    labels: Sequence[str],
    split: Split,
    *,
    axis: int,
    held: tuple[Regime, ...],
) -> AuditRow:
    roles: dict[str, set[Role]] = defaultdict(set)
    for role in (Role.TRAIN, Role.VALIDATION, Role.TEST):
        for unit in _units(split, role, axis):
            roles[labels[unit]].add(role)
    parted = sum(len(found) > 1 for found in roles.values())
    value, share = _share(parted, len(roles))
    if split.regime not in held:
        kind = "genes" if axis == 0 else "conditions"
        verdict = f"By design: {split.regime} holds out no {kind}."
        return AuditRow(name, value, share, verdict, "note")
    if parted == 0:
        return AuditRow(name, value, share, f"All {what} are whole.", "ok")
    verdict = f"Members of one of the {what} train and test: keep them together."
    return AuditRow(name, value, share, verdict, "leak")


def _conditions(compendium: Compendium, split: Split) -> list[AuditRow]:
    centred = by_level(compendium)
    how = " after each gene's mean is taken off" if centred else ""
    name = f"test conditions with a training condition of r > {ALIKE:g}{how}"
    test, train = _units(split, Role.TEST, 1), _units(split, Role.TRAIN, 1)
    if split.regime not in _CONDITIONS_HELD:
        value, share = _share(len(np.intersect1d(test, train)), len(test))
        verdict = (
            f"By design: {split.regime} holds out no conditions, so these scores say nothing about "
            "conditions that were never seen."
        )
        return [AuditRow(name, value, share, verdict, "note")]
    values = compendium.expression
    # Levels of any two conditions are alike, since genes differ in level.
    values = values - gene_means(values) if centred else values
    correlation = column_correlations(values, test, train)
    closest = correlation.max(axis=1, initial=-1.0)
    value, share = _share(int((closest > ALIKE).sum()), len(test))
    verdict = (
        "No test condition nearly repeats a training condition."
        if share == 0
        else "These nearly repeat a training condition, so that looking up the nearest one does "
        "well there: join related series, or compare with the neighbours baseline."
    )
    return [
        AuditRow(name, value, share, verdict, _severity(share)),
        _related_series(compendium, correlation, test, train),
    ]


def _related_series(
    compendium: Compendium,
    correlation: NDArray[np.float64],
    test: NDArray[np.intp],
    train: NDArray[np.intp],
) -> AuditRow:
    """Pairs of series on both sides of the split that have related conditions."""
    related = correlation > RELATED
    value, share = _share(int(related.any(axis=1).sum()), len(test))
    highest: dict[tuple[str, str], float] = {}
    for row, column in np.argwhere(related):
        pair = compendium.series[test[row]], compendium.series[train[column]]
        highest[pair] = max(highest.get(pair, 0.0), float(correlation[row, column]))
    pairs = sorted(highest, key=lambda pair: -highest[pair])
    named = [f"{one!r} and {other!r} (r {highest[one, other]:.2f})" for one, other in pairs]
    more = f" and {len(named) - _PAIRS_NAMED} more pairs" if len(named) > _PAIRS_NAMED else ""
    verdict = (
        "No series across the split are related."
        if not pairs
        else f"Related series, test and training: {', '.join(named[:_PAIRS_NAMED])}{more}. The "
        "scores are too good for conditions of a new kind: give related series one name and split "
        "again."
    )
    return AuditRow(RELATED_NAME, value, share, verdict, "note" if pairs else "ok")


def _targets_as_inputs(compendium: Compendium, split: Split, protocol: ScoringProtocol) -> AuditRow:
    scored = scored_rows(compendium, protocol, split.regime)
    both = int(scored[compendium.regulator_rows].sum())
    value, share = _share(both, int(scored.sum()))
    verdict = (
        "No regulator is scored: no target is an input."
        if share == 0
        else "These targets are regulators, whose levels are inputs: a predictor that does not "
        "mask a target's own level can copy the answer."
    )
    return AuditRow("targets that are inputs", value, share, verdict, _severity_of_inputs(share))


def _cells_seen(compendium: Compendium, split: Split) -> AuditRow:
    test = split.cells(Role.TEST) & ~np.isnan(compendium.expression)
    seen = test & _given_as_input(compendium)
    value, share = _share(int(seen.sum()), int(test.sum()))
    verdict = (
        "No test value is among the regulator levels of its condition."
        if share == 0
        else "These test values are handed in as regulator levels: only a predictor that masks "
        "them makes a prediction there."
    )
    return AuditRow(
        "test cells seen through an input", value, share, verdict, _severity_of_inputs(share)
    )


def _severity_of_inputs(share: float) -> str:
    return "leak" if share else "ok"


def _given_as_input(compendium: Compendium) -> NDArray[np.bool_]:
    """Cells (G, C) of genes whose profile is that of a regulator: itself or an exact copy."""
    values = compendium.expression
    levels = compendium.regulator_levels.T
    profiles = {
        row.tobytes() for row in np.nan_to_num(levels, nan=np.inf) if np.isfinite(row).any()
    }
    whole = np.nan_to_num(values, nan=np.inf)
    copies = np.array([row.tobytes() in profiles for row in whole])
    copies[compendium.regulator_rows] = True
    found: NDArray[np.bool_] = copies[:, None] & ~np.isnan(values)
    return found
