"""The page's content, read without a browser."""

import json
import re
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.data.split import Role
from deeprage.errors import DeepRageError
from deeprage.files import write_json
from deeprage.manifest import Manifest, content_of
from deeprage.own_tables import table_text
from deeprage.report import write_report
from deeprage.report.blocks import Column, Figure, Matrix, Shares, Table
from deeprage.report.page import render
from deeprage.report.rendering import in_script
from deeprage.report.run_folder import RunFolder
from deeprage.report.sections import SECTIONS
from deeprage.report.verdict import verdict


def edit(path: Path, change) -> None:
    """Apply a function to the content of a JSON file."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def row(metrics: dict, predictor: str, role: str = "test") -> dict:
    return next(r for r in metrics["rows"] if (r["predictor"], r["role"]) == (predictor, role))


def section(run: Path, slug: str):
    found = [made for make in SECTIONS if (made := make(RunFolder.open(run)))]
    return next((made for made in found if made.slug == slug), None)


def blocks(run: Path, kind: type) -> list:
    made = [made for make in SECTIONS if (made := make(RunFolder.open(run)))]
    return [block for each in made for block in each.blocks if isinstance(block, kind)]


class TestFile:
    def test_is_written_into_the_run_and_named(self, new_run):
        run = new_run()
        assert write_report(run) == run / "report.html"
        assert write_report(run, out=run / "x" / "page.html").is_file()

    def test_is_one_file_that_asks_for_nothing(self, run):
        page = write_report(run).read_text(encoding="utf-8")
        scripts = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
        markup = scripts.sub("", page)
        assert not re.search(r"""(src|href)=["'](?!#|data:)""", markup)
        assert "default-src 'none'" in markup
        assert page.count("<html") == 1
        assert len(page.encode()) < 8e6

    def test_of_a_whole_genome_stays_small(self, new_run):
        page = write_report(new_run(genes=6000, conditions=40, skill=0.5))
        assert page.stat().st_size < 8e6

    def test_is_the_same_when_written_again(self, run):
        first = write_report(run).read_bytes()
        assert write_report(run).read_bytes() == first

    def test_closes_every_element_that_it_opens(self, run):
        Balance().check(write_report(run).read_text(encoding="utf-8"))


class Balance(HTMLParser):
    """Checks that elements nest; those whose end tag HTML lets one leave out are passed over."""

    optional = frozenset({"td", "tr", "meta", "link", "input", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []

    def check(self, page: str) -> None:
        self.feed(page)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        if tag not in self.optional:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.optional:
            assert self.stack.pop() == tag, self.getpos()


class TestEscaping:
    def test_of_names_that_look_like_markup(self, new_run):
        run = new_run()
        evil = "</script><script>window.broken=1</script>"
        edit(run / "config.json", lambda c: c["compendium"].update(name=evil))
        edit(run / "metrics.json", lambda m: row(m, "low-rank").update(predictor=evil))
        with np.load(run / "predictions.npz") as found:
            arrays = dict(found)
        arrays["conditions"] = np.array([f"{evil}{n}" for n in range(40)])
        arrays["symbols"] = np.array([evil] * 300)
        np.savez(run / "predictions.npz", **arrays)
        assert "<script>window.broken" not in write_report(run).read_text(encoding="utf-8")

    def test_of_json_loses_nothing(self):
        text = json.dumps({"a": "</script><!-- & \u2028"})
        assert "</" not in in_script(text)
        assert json.loads(str(in_script(text))) == json.loads(text)


class TestVerdict:
    def says(
        self,
        run: Path,
        model: float | None,
        reference: float,
        interval: tuple[float, float] | None = None,
    ) -> str:
        def change(metrics):
            for each in metrics["rows"]:
                if each["role"] == "test":
                    each["scores"]["pearson"] = 0.1
            row(metrics, "deeprage-c")["scores"]["pearson"] = model
            row(metrics, "additive")["scores"]["pearson"] = reference
            metrics["comparison"] = {
                "reference": "additive",
                "pearson": model or 0,
                "reference_pearson": reference,
                "interval": interval,
                "units": ["4 condition series"],
                "cells": 100,
            }

        edit(run / "metrics.json", change)
        found = verdict(RunFolder.open(run))
        self.outcome = found.outcome
        return found.sentence

    def test_beats_names_both_scores_the_difference_and_its_interval(self, new_run):
        sentence = self.says(new_run(), 0.8423, 0.8012, (0.01, 0.072))
        assert "deeprage-c reaches a test Pearson of 0.842" in sentence
        assert "beats the best simple reference, additive (0.801) by 0.041" in sentence
        assert "(95 % interval of the difference 0.010 to 0.072)" in sentence
        assert self.outcome == "beats"

    def test_does_not_beat(self, new_run):
        sentence = self.says(new_run(), 0.8423, 0.885, (-0.07, -0.02))
        assert "does not beat the best simple reference, additive (0.885)" in sentence
        assert "worse by 0.043" in sentence
        assert self.outcome == "loses"

    @pytest.mark.parametrize(
        ("model", "reference", "interval"),
        [
            (0.8423, 0.8400, (-0.001, 0.006)),
            # The numbers shown are the same, whatever the interval.
            (0.84231, 0.84232, (-0.0001, 0.00005)),
            (0.8424, 0.8419, (0.0002, 0.0008)),
            # An interval that is shown as 0.000 to 0.003 does not exclude 0.
            (0.843, 0.841, (0.0004, 0.003)),
        ],
    )
    def test_a_difference_that_may_be_chance_is_called_so(
        self, new_run, model, reference, interval
    ):
        sentence = self.says(new_run(), model, reference, interval)
        assert "and equals the best simple reference, additive" in sentence
        assert "beats" not in sentence
        assert self.outcome == "equals"

    def test_too_few_units_allow_no_claim(self, new_run):
        sentence = self.says(new_run(), 0.843, 0.801, None)
        assert "it is better by 0.042, but 4 condition series are too few" in sentence
        assert self.outcome == "unknown"

    def test_scores_without_a_comparison_allow_no_claim(self, new_run):
        run = new_run()
        self.says(run, 0.843, 0.801, (0.03, 0.05))
        edit(run / "metrics.json", lambda m: m.update(comparison=None))
        found = verdict(RunFolder.open(run))
        assert found.outcome == "unknown"
        assert "run `deeprage evaluate` again" in found.sentence

    def test_without_a_score_claims_nothing(self, new_run):
        assert "deeprage evaluate" in self.says(new_run(), None, 0.8)
        assert self.outcome == "unknown"

    def test_validation_rows_do_not_count(self, new_run):
        run = new_run()
        before = verdict(RunFolder.open(run)).sentence
        edit(
            run / "metrics.json",
            lambda m: row(m, "additive", "validation")["scores"].update(pearson=0.999),
        )
        assert verdict(RunFolder.open(run)).sentence == before

    @pytest.mark.parametrize("regime", ["pairs", "conditions", "genes", "both"])
    def test_names_the_question_of_each_regime(self, new_run, regime):
        found = verdict(RunFolder.open(new_run(regime=regime)))
        words = {"pairs": "hidden cells", "both": "genes and conditions it has never"}
        assert words.get(regime, f"of {regime} it has never seen") in found.sentence

    def test_the_interval_draws_the_groups_of_the_file_not_single_genes(self, new_run):
        run = new_run(regime="genes")
        assert "95 % interval" in verdict(RunFolder.open(run)).tiles[0].note
        with np.load(run / "predictions.npz") as found:
            arrays = dict(found)
        np.savez(run / "predictions.npz", **arrays, groups=np.array(["a", "b", "c"] * 100))
        assert "95 % interval" not in verdict(RunFolder.open(run)).tiles[0].note


class TestSections:
    def test_are_left_out_where_their_file_is_absent(self, new_run):
        run = new_run(evaluated=False)
        slugs = {made.slug for make in SECTIONS if (made := make(RunFolder.open(run)))}
        assert slugs == {"learning", "data", "reproduce"}
        page = write_report(run).read_text(encoding="utf-8")
        assert "run `deeprage evaluate`" in unescape(page)

    def test_all_are_there_for_an_evaluated_run(self, run):
        slugs = [made.slug for make in SECTIONS if (made := make(RunFolder.open(run)))]
        # What other verbs add to a run, and what only some models say.
        more = {"benchmark", "motifs", "knockouts", "targets", "certainty", "real_knockout"}
        assert len(slugs) == len(set(slugs))
        assert len(slugs) == len([make for make in SECTIONS if make.__name__ not in more])

    def test_the_bar_of_cells_shows_every_role(self, new_run):
        run = new_run()
        counts = {role.name.lower(): 10 + number for number, role in enumerate(Role)}
        edit(run / "config.json", lambda c: c["split"].update(cells=counts))
        bar = next(block for block in section(run, "data").blocks if isinstance(block, Shares))
        assert {share.style: share.count for share in bar.shares} == counts

    def test_the_real_strain_stands_beside_what_needs_no_model(self, new_run):
        run = new_run()
        row = {"spearman": 0.31, "auroc": 0.942, "genes": 2800, "model": False}
        rows = [
            {**row, "predictor": "motif masked", "auroc": 0.787, "model": True},
            {**row, "predictor": "no model"},
        ]
        found = {"name": "msn24_37C", "direction": -1, "most": 50, "rows": rows}
        (run / "real_knockout.json").write_text(json.dumps(found))
        table = section(run, "real-knockout").blocks[0]
        assert [line[0] for line in table.rows] == ["no model", "motif masked"]
        assert table.strong == {1}
        page = unescape(write_report(run).read_text(encoding="utf-8"))
        assert "AUROC of the 50 most lowered" in page

    def test_how_sure_a_model_is_stands_beside_how_sure_it_should_be(self, new_run):
        run = new_run()
        path = run / "metrics.json"
        found = json.loads(path.read_text())
        sure = {"coverage": {"0.5": 0.41, "0.9": 0.873}, "mean_width_90": None}
        sure |= {"class_calibration_error": 0.02, "log_loss": 0.6, "log_loss_of_shares": 0.9}
        path.write_text(json.dumps(found | {"certainty": {"test": sure}}))
        page = unescape(write_report(run).read_text(encoding="utf-8"))
        assert '<section id="certainty">' in page
        assert "in 90 % interval" in page
        assert "87.3" in page

    def test_every_figure_says_how_to_read_it(self, run):
        figures = blocks(run, Figure)
        assert len(figures) == 4
        for figure in figures:
            reading = figure.reading
            assert all(len(t) > 40 for t in (reading.shows, reading.good, reading.otherwise))

    def test_best_values_are_marked(self, run):
        table = section(run, "scores").blocks[0]
        for number, column in enumerate(table.columns):
            if column.title not in ("Pearson r", "MSE", "accuracy"):
                continue
            values = [line[number] for line in table.rows if line[number] is not None]
            best = min(values) if column.title == "MSE" else max(values)
            marked = {table.rows[r][number] for r, c in table.marked if c == number}
            assert marked == {best}

    def test_learning_believes_training_about_the_epoch_that_was_kept(self, new_run):
        run = new_run()
        edit(run / "config.json", lambda c: c.update(best_epoch=7))
        assert "epoch 7 was best" in section(run, "learning").lead

    def test_learning_marks_the_epoch_with_least_error(self, run):
        history = RunFolder.open(run).history
        best = min(history, key=lambda epoch: epoch["validation_loss"])["epoch"]
        assert f"epoch {best} was best" in section(run, "learning").lead
        lines = section(run, "learning").blocks[0].plotly.layout.shapes
        assert any(line.x0 == best and line.x1 == best for line in lines)

    @pytest.mark.parametrize(
        ("asked", "complete", "words"),
        [
            (30, False, "was stopped after 18 of the 30 epochs"),
            (18, False, "was stopped after 18 of the 18 epochs"),
            (30, True, "ended after 18 of the 30 epochs that were asked for, since"),
            (18, True, None),
        ],
    )
    def test_fewer_epochs_than_were_asked_for_are_told(self, new_run, asked, complete, words):
        run = new_run()
        edit(run / "config.json", lambda c: c.setdefault("training", {}).update(epochs=asked))
        write_json(run / "manifest.json", Manifest(complete=complete).as_json())
        found = RunFolder.open(run)
        page = unescape(render(found))
        if words is None:
            assert found.stopped is None
            assert 'id="stopped"' not in page
        else:
            assert words in found.stopped
            assert words in page[: page.index("<section")]
            assert words in section(run, "learning").lead

    def test_history_of_a_killed_and_resumed_run(self, new_run):
        run = new_run()
        with (run / "history.jsonl").open("a") as handle:
            handle.write('{"epoch": 17, "validation_mse": 0.01}\n{"epoch": 18, "valid')
        history = RunFolder.open(run).history
        assert [epoch["epoch"] for epoch in history] == list(range(18))
        assert history[-1]["validation_mse"] == 0.01

    def test_predictions_that_were_not_those_scored_are_noticed(self, new_run):
        run = new_run()
        assert "Attention" not in section(run, "agreement").lead
        edit(run / "metrics.json", lambda m: row(m, "deeprage-c")["scores"].update(pearson=0.5))
        assert "Attention" in section(run, "agreement").lead

    def test_only_test_cells_are_shown(self, new_run):
        run = new_run(regime="both")
        with np.load(run / "predictions.npz") as found:
            tested = (found["role"] == 2) & np.isfinite(found["observed"])
        heat = section(run, "agreement").blocks[0].plotly.data[0]
        assert np.sum(heat.customdata) == tested.sum()
        genes = next(b for b in section(run, "genes").blocks if isinstance(b, Table))
        assert len(genes.rows) == tested.any(axis=1).sum()
        assert sum(line[2] for line in genes.rows) == tested.sum()
        conditions = next(b for b in section(run, "conditions").blocks if isinstance(b, Table))
        assert len(conditions.rows) == tested.any(axis=0).sum()

    def test_a_model_without_skill_lies_on_the_outline_of_chance(self, new_run):
        run = new_run(skill=0.0, regime="genes")
        lead = section(run, "genes").lead
        above = int(re.search(r"(\d+) % lie", lead).group(1))
        assert above < 20


class TestPaperTable:
    def test_recall_and_precision_of_table_2(self):
        percent = ((10.14, 7.47, 0.13), (3.29, 59.77, 3.02), (0.18, 6.42, 9.59))
        matrix = Matrix("DeepRAGE-C", ("Down", "Baseline", "Up"), percent)
        assert np.mean(matrix.recall) == pytest.approx(68.9, abs=0.05)
        assert matrix.precision[0] == pytest.approx(100 * 10.14 / 13.61)

    def test_a_class_that_never_occurs_has_no_recall(self):
        matrix = Matrix("x", ("a", "b"), ((0.0, 0.0), (40.0, 60.0)))
        assert matrix.recall == [None, 60.0]


class TestCells:
    @pytest.mark.parametrize(
        ("value", "text"),
        [(None, "–"), (float("nan"), "–"), (-0.0001, "0.000"), (-0.5, "−0.500"), (12345, "12,345")],
    )
    def test_numbers_as_printed(self, value, text):
        assert Column("x", digits=3).text(value) == text


class TestBadRuns:
    def test_not_a_run_folder(self, tmp_path):
        with pytest.raises(DeepRageError, match=r"no config\.json"):
            write_report(tmp_path)

    def test_another_version(self, new_run):
        run = new_run()
        edit(run / "config.json", lambda c: c.update(format_version=2))
        with pytest.raises(DeepRageError, match=r"run format 2.* reads format 1"):
            write_report(run)

    def test_a_configuration_that_is_none(self, new_run):
        run = new_run()
        (run / "config.json").write_text("[]")
        with pytest.raises(DeepRageError, match=r"config\.json is damaged"):
            write_report(run)

    @pytest.mark.parametrize("content", ['{"rows": null}', "[1]", '"x"'])
    def test_damaged_scores(self, new_run, content):
        run = new_run()
        (run / "metrics.json").write_text(content)
        with pytest.raises(DeepRageError, match=r"metrics\.json is damaged"):
            write_report(run)

    def test_a_history_with_a_torn_line_of_other_bytes(self, new_run):
        run = new_run()
        before = len(RunFolder.open(run).history)
        with (run / "history.jsonl").open("ab") as handle:
            handle.write(b"\xe9\xff\n")
        assert len(RunFolder.open(run).history) == before

    def test_damaged_predictions_leave_the_old_report(self, new_run):
        run = new_run()
        page = write_report(run)
        before = page.read_bytes()
        (run / "predictions.npz").write_bytes(b"PK\x03\x04 cut off")
        with pytest.raises(DeepRageError, match="deeprage evaluate"):
            write_report(run)
        assert page.read_bytes() == before

    def test_predictions_of_another_shape(self, new_run):
        run = new_run()
        with np.load(run / "predictions.npz") as found:
            arrays = dict(found)
        arrays["observed"] = arrays["observed"][:, :-1]
        np.savez(run / "predictions.npz", **arrays)
        with pytest.raises(DeepRageError, match="`observed` is"):
            write_report(run)

    def test_pickled_objects_are_refused(self, new_run):
        run = new_run()
        with np.load(run / "predictions.npz") as found:
            arrays = dict(found)
        arrays["genes"] = np.array([{"not": "a name"}] * 300, dtype=object)
        np.savez(run / "predictions.npz", **arrays)
        with pytest.raises(DeepRageError, match="cannot be read"):
            write_report(run)


class TestNames:
    """Names that look like markup, numbers or missing values stay names."""

    NAMES = ("NA", "nan", "007", "1e5", "[/b]", "<b>x</b>", "-35box", "=1+1", "None", "é🧬")

    def test_of_genes_in_the_table_of_a_knock_out(self, new_run, monkeypatch) -> None:
        run = new_run(genes=40)
        folder = run / "knockouts" / "one"
        folder.mkdir(parents=True)
        number = len(self.NAMES)
        table = pd.DataFrame(
            {
                "gene": self.NAMES,
                "symbol": self.NAMES,
                **{key: np.linspace(1, 0, number) for key in ("change", "size", "largest")},
                "condition": self.NAMES,
                **{key: np.linspace(0, 1, number) for key in ("before", "after")},
                "sites": 0,
            }
        )
        (folder / "ranking.tsv").write_text(table_text(table))
        about = {
            **{
                "format_version": 1,
                "kind": "knockout",
                "label": "NA = -3",
                "shown_condition": "NA",
            },
            **dict.fromkeys(("genes", "conditions", "changed", "sites", "given_up"), 3),
            **{"mean_size": 0.1, "changed_from": 0.5, "genes_with_sites": 0},
            **{"out_of_range": [], "parts": []},
        }
        (folder / "knockout.json").write_text(json.dumps(about))
        page = render(RunFolder.open(run))
        for name in self.NAMES:
            assert page.count(f"<td>{escape(name)}") >= 3
        drawn = re.search(r'id="data-knockout-0">(.*?)</script>', page, re.DOTALL)
        assert drawn is not None
        texts = json.loads(drawn[1])["data"][0]["text"]
        assert texts == [escape(name, quote=False) for name in self.NAMES]

    def test_bytes_of_a_file_name_are_shown_as_escapes(self, new_run) -> None:
        run = new_run(genes=40)
        config = json.loads((run / "config.json").read_text())
        config["compendium"]["path"] = "/home/caf\udce9.h5ad"
        (run / "config.json").write_text(json.dumps(config))
        assert r"/home/caf\xe9.h5ad" in write_report(run).read_text(encoding="utf-8")


class TestDamagedFiles:
    """What a parser or a section could stumble over is refused, with its place and a next step."""

    @pytest.mark.parametrize(
        ("name", "change", "words"),
        [
            ("metrics.json", {"rows": ["x"]}, "rows[0] should be a valid dictionary, but is 'x'"),
            ("metrics.json", {"audit": 1.5}, "audit should be a valid list, but is 1.5"),
            ("metrics.json", {"rows": [{"predictor": "a"}]}, "it has no rows[0].kind"),
            ("metrics.json", {"class_names": ["low"]}, "should have 1 classes in rows[0]"),
            ("config.json", {"protocol": 5}, "protocol should be 'default' or 'paper'"),
            ("config.json", {"edges": [0.5, -0.5]}, "edges should be rising thresholds"),
            ("config.json", {"compendium": []}, "compendium should be a valid dictionary"),
        ],
    )
    def test_a_value_of_another_kind(self, new_run, name, change, words) -> None:
        run = new_run(genes=40)
        content = json.loads((run / name).read_text())
        (run / name).write_text(json.dumps(content | change))
        with pytest.raises(
            DeepRageError, match=rf"{name} is damaged.*{re.escape(words)}.* again\."
        ):
            write_report(run)

    @pytest.mark.parametrize("text", ["[" * 200_000, '{"rows": [NaN]}', '{"a": 1, "a": 2}'])
    def test_json_that_is_none(self, new_run, text) -> None:
        run = new_run(genes=40)
        (run / "metrics.json").write_text(text)
        with pytest.raises(DeepRageError, match=r"metrics\.json is damaged.*evaluate"):
            write_report(run)

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("groups", np.array([], dtype=str), "`groups` has 0 names and not 40"),
            ("series", np.array(["x"]), "`series` has 1 names"),
            ("genes", np.array(["same"] * 40), "names one twice"),
            ("role", np.full((40, 40), 9, dtype=np.int8), "no role"),
            ("predicted", np.full((40, 40), np.inf, dtype=np.float32), "no log2 value"),
            ("observed", np.zeros((40, 40), dtype=complex), "complex128"),
        ],
    )
    def test_arrays_that_do_not_fit(self, new_run, name, value, words) -> None:
        run = new_run(genes=40)
        path = run / "predictions.npz"
        with np.load(path) as found:
            arrays = dict(found) | {name: value}
        np.savez(path, **arrays)
        with pytest.raises(DeepRageError, match=re.escape(words)):
            write_report(run)

    def test_a_file_that_was_edited_is_refused_whatever_it_holds(self, new_run) -> None:
        run = new_run(genes=40)
        files = {"metrics.json": content_of(run / "metrics.json")}
        (run / "manifest.json").write_text(json.dumps(Manifest(files).as_json()))
        write_report(run)
        with (run / "metrics.json").open("a") as file:
            file.write(" ")
        with pytest.raises(DeepRageError, match=r"was changed.*run `deeprage evaluate` again"):
            write_report(run)
