"""Motif gallery and target tables: what they show of the files, in HTML and in a real browser."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.browser import browser, missing

from deeprage.data.compendium import Compendium
from deeprage.data.motifs import Motif
from deeprage.data.regulatory_network import AlignedNetwork
from deeprage.errors import DeepRageError
from deeprage.interpretation.filter_scan import FilterScan
from deeprage.interpretation.known_links import check_links
from deeprage.interpretation.motif_files import write_motifs
from deeprage.interpretation.motifs import (
    Counted,
    MotifOptions,
    MotifResult,
    chance_q,
    count,
    make_motifs,
)
from deeprage.interpretation.target_files import write_targets
from deeprage.interpretation.targets import Links
from deeprage.interpretation.tomtom import Matches
from deeprage.report.page import render, write_report
from deeprage.report.run_folder import RunFolder

EVEN = np.full(4, 0.25)
FILTERS = 30


def add_motifs(run: Path) -> None:
    """30 filters, the last one silent; filter n fits the known motif n with p = 10^-(n + 1)."""
    rng = np.random.default_rng(0)
    counts = 100 * rng.dirichlet([0.2] * 4, (FILTERS, 9)).transpose(0, 2, 1)
    windows = np.full(FILTERS, 100)
    windows[-1] = 0
    scan = FilterScan(
        counts=counts,
        windows=windows,
        largest=np.ones(FILTERS, np.float32),
        fires=rng.random(FILTERS),
        positions=rng.integers(0, 9, (FILTERS, 50)),
    )
    names = [f"filter_{n:03d}" for n in range(FILTERS)]
    found = make_motifs(scan, EVEN, names, least_bits=0.25)
    known = [Motif(f"M{n}", f"FAC{n}", motif.probabilities) for n, motif in enumerate(found.motifs)]
    p = np.full((len(known), len(known)), 0.9)
    np.fill_diagonal(p, 10.0 ** -np.arange(1, len(known) + 1))
    matches = Matches(p, p, np.zeros(p.shape, np.intp), np.zeros(p.shape, bool))
    null = [Counted(3, 29, 3, (), rng.random(29)) for _ in range(2)]
    counted = count(found.group, found.representative, matches, known, q=0.1)
    result = MotifResult(
        found=found,
        targets=known,
        matches=matches,
        counted=counted,
        column_null=null,
        q_chance=chance_q(counted.best_p, [one.best_p for one in null]),
        background=EVEN,
        options=MotifOptions(),
        names=names,
        scan=scan,
        filter_null=[],
        promoters=500,
    )
    write_motifs(result, run, sources={"known <motifs>": len(known)}, options=result.options)


def add_targets(run: Path, compendium: Compendium) -> None:
    """Known links have high scores; every link of regulator 0 is repression."""
    rng = np.random.default_rng(1)
    shape = len(compendium.genes), len(compendium.regulators)
    edge = rng.random(shape) < 0.2
    own = np.arange(shape[0])[:, None] == compendium.regulator_rows
    edge &= ~own
    scores = {
        "specific": (edge + 0.5 * rng.random(shape)).astype(np.float32),
        "correlation": rng.random(shape).astype(np.float32),
    }
    sign = np.ones(shape, dtype=np.int8)
    sign[:, 0] = -1
    p = np.where(edge, 1e-4, 0.5)
    p[own] = np.nan
    links = Links(
        genes=np.arange(shape[0]),
        scores=scores,
        score="specific",
        sign=sign,
        p=p,
        q=p,
        sites=np.full(shape, -1),
        own=own,
    )
    network = AlignedNetwork(np.arange(shape[1]), sign * edge, edge, ~own)
    checked = check_links(links, network, rng=rng, rounds=5)
    write_targets(links, checked, compendium, run, network="truth <1>.tsv", about={})


def test_a_run_without_them_has_no_such_sections(new_run) -> None:
    page = render(RunFolder.open(new_run(genes=40)))
    assert 'id="motifs"' not in page
    assert 'id="targets"' not in page


def test_the_gallery_shows_every_active_filter_and_the_null(new_run) -> None:
    run = new_run(genes=40)
    add_motifs(run)
    page = render(RunFolder.open(run))
    assert page.count('class="logo"') == FILTERS - 1
    assert page.count("<defs>") == 1
    assert "with the columns of each motif shuffled 3 do" in page
    assert "known &lt;motifs&gt;" in page
    rows = page.split('id="table-motifs"')[1].split("</table>")[0]
    assert rows.index("FAC28 (M28)") < rows.index("FAC0 (M0)")


def test_targets_show_scores_nulls_and_links(new_run, make_compendium) -> None:
    run = new_run(genes=40)
    add_targets(run, make_compendium(genes=60, regulators=6))
    page = render(RunFolder.open(run))
    assert "truth &lt;1&gt;.tsv" in page
    table = page.split('id="table-target-scores"')[1].split("</table>")[0]
    assert table.index("specific") < table.index("correlation")
    figure = json.loads(page.split('id="data-targets">')[1].split("</script>")[0])
    bars = dict(zip(figure["data"][0]["y"], figure["data"][0]["x"], strict=True))
    assert bars["specific"] == 1
    assert bars["correlation"] < 0.4
    assert 'class="strong"' in table


def test_files_of_another_version_are_refused(new_run) -> None:
    run = new_run(genes=40)
    for name in ("motifs.json", "targets.json"):
        (run / name).write_text(json.dumps({"format_version": 99}))
        with pytest.raises(DeepRageError, match=f"{name} has format 99"):
            render(RunFolder.open(run))
        (run / name).unlink()


@pytest.mark.skipif(bool(missing()), reason=missing() or "a browser is there")
def test_in_a_browser_they_are_drawn_sorted_searched_and_saved(new_run, make_compendium) -> None:
    run = new_run(genes=40)
    add_motifs(run)
    compendium = make_compendium(genes=60, regulators=6)
    add_targets(run, compendium)
    with browser() as window:
        for width in (1300, 390):
            window.open(write_report(run), width=width)
            assert window.run("return document.documentElement.scrollWidth") <= width
            for drawn in (
                "#table-motifs .logo",
                "#figure-motifs .js-line",
                "#figure-targets .point",
            ):
                box = f"return document.querySelector('{drawn}').getBoundingClientRect().width"
                assert window.run(box) > 5, drawn
        cells = (
            "return [...document.querySelectorAll(`#table-${arguments[0]} tbody tr`)].map("
            "(row) => row.cells[arguments[1]].textContent.trim())"
        )
        assert window.run(cells, "motifs", 0)[0] == f"filter_{FILTERS - 2:03d}"
        click = "document.querySelectorAll('#table-motifs thead th button')[3].click()"
        window.run(click)
        p = [float(text) for text in window.run(cells, "motifs", 3)]
        assert p == sorted(p, reverse=True)
        gene = compendium.genes[13].lower()
        window.run(
            "const box = document.querySelector('#table-targets input');"
            f"box.value = '{gene}'; box.dispatchEvent(new Event('input'))"
        )
        assert set(window.run(cells, "targets", 1)) == {compendium.genes[13]}
        window.run(
            "window.saved = null; const real = URL.createObjectURL;"
            "URL.createObjectURL = (blob) => {"
            " blob.text().then((t) => { window.saved = t; }); return real(blob); };"
            "document.querySelector('#table-motifs .save').click()"
        )
        window.wait("return window.saved !== null")
        lines = [line.split("\t") for line in window.run("return window.saved").strip().split("\n")]
        assert len(lines) == FILTERS  # a heading, and all filters but the silent one
        consensus = lines[1][lines[0].index("motif above its best match")]
        assert consensus
        assert set(consensus) <= set("ACGTRYSWKMN")
        assert window.errors() == []
