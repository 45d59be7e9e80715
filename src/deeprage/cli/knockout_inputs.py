"""What the options of `deeprage knockout` name: model, genes, conditions, perturbations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deeprage.cli.console import note, watched
from deeprage.cli.motifs_in_use import motifs_in_use
from deeprage.cli.parsing import refuse_unused
from deeprage.errors import DeepRageError, unknown
from deeprage.listing import listed

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium
    from deeprage.data.motifs import Motif
    from deeprage.interpretation.knockout import WildType
    from deeprage.interpretation.known_targets import KnownTargets
    from deeprage.interpretation.perturbation import Perturbation, RegulatorFinder
    from deeprage.interpretation.promoter_edits import How
    from deeprage.training.run import Run


@dataclass(frozen=True, eq=False)
class KnockoutInputs:
    """A run, its compendium, and the wild type that is knocked out.

    Attributes:
        genes, conditions: names of the wild type's rows and columns.
    """

    run: Run
    compendium: Compendium
    wild: WildType
    genes: list[str]
    conditions: list[str]

    @classmethod
    def of(
        cls,
        run: Path,
        *,
        data: Path | None,
        conditions: Sequence[str] | None,
        device: str,
    ) -> KnockoutInputs:
        """Read them.

        Raises:
            DeepRageError: no run or compendium, an unknown condition or device.
        """
        from deeprage.cli.scoring import compendium_of
        from deeprage.evaluation.opening import open_model
        from deeprage.interpretation.block_model import block_model
        from deeprage.interpretation.knockout import WildType
        from deeprage.training.run import Run

        found = Run.load(run)
        compendium = compendium_of(found, data)
        predictor = open_model(found)
        _move(predictor, device)
        columns = _columns(compendium, conditions)
        wild = WildType.of(
            block_model(predictor, compendium),
            compendium,
            trained_on=found.split.train_columns,
            conditions=_index(columns),
        )
        genes = [compendium.genes[row] for row in wild.genes]
        return cls(found, compendium, wild, genes, [compendium.conditions[at] for at in columns])

    def perturbations(
        self,
        *,
        regulators: Sequence[str] | None,
        motifs: Sequence[str] | None,
        filters: Sequence[str] | None,
        pairs: Sequence[str] | None,
        mask: How,
        known_motifs: Sequence[Path] | None,
        site_p: float,
    ) -> list[Perturbation]:
        """What is to be done, in the order level, motif, filter, pair."""
        from deeprage.data.motifs import letter_frequencies
        from deeprage.data.sites import read_pattern
        from deeprage.data.validation import check_unique
        from deeprage.interpretation.perturbation import (
            FilterOff,
            MotifMask,
            RegulatorFinder,
            read_level,
            read_pair,
        )

        finder = RegulatorFinder(self.compendium.regulator_names, self.compendium.regulator_symbols)

        def known() -> list[Motif]:
            return motifs_in_use(
                known_motifs, self.compendium, needed="--motif with the name of a motif"
            ).motifs

        def reads(read: Callable[[str, RegulatorFinder], object]) -> Callable[[str], bool]:
            return lambda text: _is_read(read, text, finder)

        regulators = listed("--regulator", regulators, reads(read_level))
        pairs = listed("--pair", pairs, reads(read_pair))
        levels = [read_level(text, finder) for text in regulators or ()]
        check_unique([level.name for level in levels], "regulators", "change each once")
        done: list[Perturbation] = [*levels]
        background = letter_frequencies(self.wild.promoters)
        for text in listed("--motif", motifs) or ():
            pattern = read_pattern(text, motifs=known, background=background, p_value=site_p)
            done.append(MotifMask(pattern, mask))
        done += [FilterOff(_filter_number(text)) for text in listed("--filter", filters) or ()]
        done += [read_pair(text, finder) for text in pairs or ()]
        return done

    def folder(self, out: Path | None, name: str) -> Path:
        """Where the result goes."""
        from deeprage.training.run import KNOCKOUTS

        return Path(out) if out is not None else self.run.path / KNOCKOUTS / name

    @contextmanager
    def results(self, folder: Path) -> Iterator[Path]:
        """Give a folder to write to, whose files come into `folder` in place of an earlier result.

        Raises:
            DeepRageError: see `training.run.Run.results`.
        """
        from deeprage.interpretation.knockout_files import RESULTS
        from deeprage.training.run import KNOCKOUTS

        if self._is_inside(folder):
            prefix = f"{KNOCKOUTS}/{folder.name}/"
            names = [f"{prefix}{name}" for name in RESULTS]
            with self.run.results(names, removed=[prefix]) as aside:
                (aside / prefix).mkdir(parents=True)
                yield aside / prefix
        else:
            with self.run.results(RESULTS, out=folder, removed=RESULTS) as aside:
                yield aside

    def _is_inside(self, folder: Path) -> bool:
        """Whether a folder is where the report of the run looks for knock-outs."""
        from deeprage.training.run import KNOCKOUTS

        inside = self.run.path / KNOCKOUTS
        return folder.parent == inside or folder.parent.resolve() == inside.resolve()

    def tell_where(self, folder: Path) -> None:
        """Say where the result is, and put it into the report if it lies in the run."""
        from deeprage.report.page import write_report

        if self._is_inside(folder):
            note(f"{folder} is in the report: open {write_report(self.run.path).resolve()}")
        else:
            note(f"the report shows knock-outs only from the run folder; this one is in {folder}")

    @contextmanager
    def progress(self, text: str, total: int) -> Iterator[Callable[[], None]]:
        """Something to call after each of `total` steps; a bar where a person watches."""
        if not (watched() and total):
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(text, total=total)
            yield lambda: bar.advance(task)


def known_targets(
    inputs: KnockoutInputs,
    known: KnownTargets | None,
    targets_of: Sequence[str] | None,
    done: Sequence[Perturbation],
) -> list[int]:
    """Places of the regulators whose targets are meant.

    By default those of the levels and pairs that are changed and, for a motif with the name of a
    regulator, of that regulator.
    """
    from deeprage.interpretation.perturbation import LevelChange, MotifMask, PairOff

    if known is None:
        if targets_of:
            raise DeepRageError("--targets-of needs a file of known targets: add --network FILE.")
        return []
    if targets_of:
        names = listed("--targets-of", targets_of, lambda text: known.slot(text) is not None)
        slots = known.named(names or [])
        known.check_testable(slots, inputs.wild.genes)
        return slots
    slots = [one.slot for one in done if isinstance(one, (LevelChange, PairOff))]
    named = [known.slot(one.pattern.name) for one in done if isinstance(one, MotifMask)]
    slots += [slot for slot in named if slot is not None]
    slots = [slot for slot in dict.fromkeys(slots) if known.knows(slot)]
    if not slots:
        note(f"{known.source} knows no target of what is knocked out; name one with --targets-of")
        return []
    known.check_testable(slots, inputs.wild.genes)
    return slots


def _is_read(
    read: Callable[[str, RegulatorFinder], object], text: str, finder: RegulatorFinder
) -> bool:
    try:
        read(text, finder)
    except DeepRageError:
        return False
    return True


def _filter_number(text: str | int) -> int:
    plain = str(text).removeprefix("filter_")
    if not plain.isdigit():
        raise DeepRageError(f"cannot read --filter {text!r}: write a number, such as 17.")
    return int(plain)


def _columns(compendium: Compendium, wanted: Sequence[str] | None) -> list[int]:
    """Columns of conditions and series by name; a name may hold commas itself."""
    if not wanted:
        return list(range(len(compendium.conditions)))
    column = {name: at for at, name in enumerate(compendium.conditions)}
    members: dict[str, list[int]] = {}
    for at, series in enumerate(compendium.series):
        members.setdefault(series, []).append(at)
    found: list[int] = []
    for name in listed("--conditions", wanted, {*column, *members}.__contains__) or ():
        if name not in column and name not in members:
            raise unknown("condition or series", name, [*column, *members])
        found += [column[name]] if name in column else members[name]
    return list(dict.fromkeys(found))


def _index(columns: list[int]) -> Any:
    import numpy as np

    return np.array(columns, dtype=np.intp)


def _move(predictor: object, device: str) -> None:
    """Put a network on a device.

    Raises:
        DeepRageError: there is no such device here.
    """
    network = getattr(predictor, "network", None)
    if network is None:
        refuse_unused("the model has no network", device=None if device == "cpu" else device)
    if device == "cpu" or network is None:
        return
    try:
        network.to(device)
    except (RuntimeError, AssertionError) as error:
        raise DeepRageError(f"cannot use the device {device!r} here: choose cpu.") from error
