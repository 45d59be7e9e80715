"""The knock-out page: what it shows of the files, in HTML and in a real browser."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.browser import browser, missing

from deeprage.errors import DeepRageError
from deeprage.interpretation.epistasis import Dissection
from deeprage.interpretation.knockout import KnockOut, OutOfRange
from deeprage.interpretation.knockout_files import write_knockout
from deeprage.interpretation.perturbation import FilterOff, LevelChange
from deeprage.interpretation.ranking import ranking
from deeprage.report.page import render, write_report
from deeprage.report.run_folder import RunFolder

GENES, CONDITIONS = 3000, 4


def add_knockout(run: Path, *, name: str = "one", genes: int = GENES) -> np.ndarray:
    """Write a knock-out of two parts with 20 known targets that fall; gives the mean change."""
    rng = np.random.default_rng(0)
    before = rng.normal(size=(genes, CONDITIONS)).astype(np.float32)
    targets = np.arange(genes) % (genes // 20) == 7
    fall = np.where(targets[:, None], -2.0, 0.02 * rng.normal(size=(genes, CONDITIONS)))
    parts = (LevelChange(0, "MSN2", -5, moved=True), FilterOff(3))
    sites = targets.astype(int)

    def made(some: tuple, share: float, flags: tuple = ()) -> KnockOut:
        return KnockOut(some, before, (before + share * fall).astype(np.float32), sites, 2, flags)

    whole = made(parts, 1.0, (OutOfRange("MSN2", -6.0, -4.0, -1.0, 2.0, 4),))
    singles = (made(parts[:1], 0.5), made(parts[1:], 0.25))
    dissection = Dissection(whole, singles, {(0, 1): whole})
    names = [f"Y{n:04d}" for n in range(genes)]
    conditions = [f"heat {n}" for n in range(CONDITIONS)]
    table = ranking(
        whole,
        genes=names,
        symbols=[f"GEN{n}" for n in range(genes)],
        conditions=conditions,
        null=np.abs(rng.normal(size=(5, genes))).astype(np.float32) * 0.02,
        targets=targets,
        dissection=dissection,
    )
    write_knockout(
        run / "knockouts" / name,
        whole,
        table,
        genes=names,
        conditions=conditions,
        dissection=dissection,
    )
    return whole.change.mean(axis=1)


def test_a_run_without_knock_outs_has_no_such_section(new_run) -> None:
    assert 'id="knockouts"' not in render(RunFolder.open(new_run(genes=40)))


def test_the_page_tells_what_was_done_and_what_to_be_careful_about(new_run) -> None:
    run = new_run(genes=40)
    change = add_knockout(run)
    page = render(RunFolder.open(run))
    assert "MSN2 -= 5, without filter 3" in page
    assert "-6.00 to -4.00 in 4 conditions; training saw -1.00 to 2.00" in page
    assert "2 stretches of letters" in page
    assert f"{(np.abs(change) >= 0.5).sum()} genes by 0.5 or more" in page
    assert "Alone and together" in page
    # The page stays small however many genes there are: the rest is in the files.
    assert "The first 200 of 3,000" in page
    assert page.split('id="table-knockout-0"')[1].split("</table>")[0].count("<td>GEN") == 200


def test_a_damaged_knock_out_says_so(new_run) -> None:
    run = new_run(genes=40)
    add_knockout(run, genes=60)
    summary = run / "knockouts" / "one" / "knockout.json"
    content = json.loads(summary.read_text())
    (run / "knockouts" / "one" / "ranking.tsv").unlink()
    with pytest.raises(DeepRageError, match=r"ranking.tsv .*make the knock-out again"):
        render(RunFolder.open(run))
    summary.write_text(json.dumps(content | {"format_version": 99}))
    with pytest.raises(DeepRageError, match="has format 99"):
        render(RunFolder.open(run))


@pytest.mark.skipif(bool(missing()), reason=missing() or "a browser is there")
def test_in_a_browser_it_is_drawn_sorted_and_searched(new_run) -> None:
    run = new_run(genes=40)
    add_knockout(run)
    with browser() as window:
        for width in (1300, 390):
            window.open(write_report(run), width=width)
            marks = "return document.querySelectorAll('#figure-knockout-0 .point').length"
            assert 20 + 1000 <= window.run(marks) <= 2500
            assert window.run("return document.documentElement.scrollWidth") <= width
        table = "document.querySelector('#table-knockout-0')"
        cells = f"return [...{table}.querySelectorAll('tbody tr')].map(r => r.cells[1].textContent)"
        first = [text.strip() for text in window.run(cells)]
        assert len(first) == 10
        assert all(int(name[3:]) % 150 == 7 for name in first)  # the planted targets lead
        window.run(
            f"const box = {table}.querySelector('input'); box.value = '{first[3].lower()}';"
            "box.dispatchEvent(new Event('input'))"
        )
        found = [text.strip() for text in window.run(cells)]
        assert first[3] in found
        assert all(first[3] in name for name in found)
        assert window.errors() == []
