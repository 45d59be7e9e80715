"""The page in a real browser: it draws, sorts, searches, fits, and says nothing on the console."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser import Browser, browser, missing

from deeprage.report import write_report

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "a browser is there")

FIGURES = ("learning", "agreement", "conditions", "genes")
DRAWN = """
const marks = {learning: '.scatterlayer .point', agreement: '.heatmaplayer image',
               conditions: '.scatterlayer .point', genes: '.barlayer .point'};
const plot = document.getElementById('figure-' + arguments[0]);
const box = plot.querySelector('.main-svg').getBoundingClientRect();
return {marks: plot.querySelectorAll(marks[arguments[0]]).length, width: box.width,
        height: box.height, room: plot.parentElement.getBoundingClientRect().width};
"""
TALLEST_ROW = """
return Math.max(...[...document.querySelectorAll('.table tr')].map((row) => row.offsetHeight));
"""
CELLS = """
const column = arguments[1];
return [...document.querySelectorAll(`#table-${arguments[0]} tbody tr`)].map(
    (row) => row.cells[column].textContent.trim());
"""


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(run: Path) -> Path:
    return write_report(run)


@pytest.fixture
def wide(window: Browser, page: Path) -> Browser:
    window.open(page, width=1400)
    return window


def test_figures_are_drawn_and_the_page_fits_at_every_width(window, page):
    for width in (1400, 390):
        window.open(page, width=width)
        for name in FIGURES:
            drawn = window.run(DRAWN, name)
            assert drawn["marks"] > 0, (name, drawn)
            assert 0.9 * drawn["room"] < drawn["width"] <= drawn["room"] + 1, (name, drawn)
            assert drawn["height"] > 150
        assert window.run("return document.documentElement.scrollWidth") <= width
        assert window.run(TALLEST_ROW) < 90
        assert window.run(
            "return [...document.querySelectorAll('.card')].every("
            "(card) => card.getBoundingClientRect().right <= innerWidth)"
        )
    assert window.errors() == []


def test_figures_follow_the_window(wide):
    before = wide.run(DRAWN, "learning")["width"]
    wide.resize(800, 900)
    wide.wait(
        "return document.querySelector('#figure-learning .main-svg')"
        f".getBoundingClientRect().width < {before - 50}"
    )


def test_a_network_request_would_be_noticed(wide):
    """The guard of the other tests: what the page must not do ends up in `errors`."""
    wide.errors()
    wide.run("const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i)")
    wide.wait("return true")
    assert any("Content Security Policy" in message for message in wide.errors())


def test_search_filters_genes_and_pages_turn(wide):
    count = "return document.querySelector('#table-genes .count').textContent"
    total = int(wide.run(count).split(" of ")[1].split()[0])
    assert total > 200
    first = wide.run(CELLS, "genes", 0)
    assert len(first) == 10
    wide.run("document.querySelector('#table-genes .next').click()")
    second = wide.run(CELLS, "genes", 0)
    assert not set(first) & set(second)
    search(wide, "gen17")
    symbols = wide.run(CELLS, "genes", 1)
    assert symbols
    assert all("GEN17" in name for name in symbols)
    search(wide, "no such gene")
    assert wide.run(CELLS, "genes", 0) == []
    assert wide.run(count) == "no genes match"
    search(wide, "")
    assert wide.run(CELLS, "genes", 0) == first


def search(window: Browser, text: str) -> None:
    window.run(
        "const box = document.querySelector('#table-genes input'); box.value = arguments[0];"
        "box.dispatchEvent(new Event('input'))",
        text,
    )


def test_sorting_by_a_score_puts_missing_last(wide):
    click = "document.querySelectorAll('#table-scores-test th button')[1].click()"
    for sign in (-1, 1):
        wide.run(click)
        texts = wide.run(CELLS, "scores-test", 1)
        assert texts.count("–") == 1
        assert texts[-1] == "–"
        values = [float(text.replace("−", "-")) for text in texts[:-1]]
        assert values == sorted(values, key=lambda value: sign * value)


def test_saved_table_holds_all_rows_that_match(wide):
    wide.run(
        "URL.createObjectURL = (blob) => { blob.text().then((t) => { window.saved = t }); "
        "return '#' }; HTMLAnchorElement.prototype.click = () => {}"
    )
    search(wide, "gen1")
    wide.run("document.querySelector('#table-genes .save').click()")
    wide.wait("return window.saved")
    lines = wide.run("return window.saved").splitlines()
    assert lines[0].split("\t")[:2] == ["gene", "symbol"]
    assert len(lines) - 1 == int(
        wide.run("return document.querySelector('#table-genes .count').textContent")
        .split(" of ")[1]
        .split()[0]
    )
    assert len(lines) > 11
    assert all("–" not in line for line in lines)


def test_names_that_look_like_markup_stay_text(window, new_run):
    import numpy as np

    run = new_run(genes=60)
    with np.load(run / "predictions.npz") as found:
        arrays = dict(found)
    evil = "<img src=x onerror=window.broken=1></script><script>window.broken=1</script>"
    arrays["symbols"] = np.array([evil] * 60)
    arrays["conditions"] = np.array([f"{evil}{n}" for n in range(40)])
    np.savez(run / "predictions.npz", **arrays)
    window.open(write_report(run), width=800)
    assert window.run("return window.broken === undefined")
    assert window.run(CELLS, "genes", 1)[0] == evil
    assert window.errors() == []


def test_a_run_before_evaluation_renders(window, new_run):
    window.open(write_report(new_run(evaluated=False)), width=1400)
    assert window.run(DRAWN, "learning")["marks"] > 0
    assert window.errors() == []
