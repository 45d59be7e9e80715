"""Which known motifs serve a compendium, and which do not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from deeprage.baselines.bilinear_ridge import BilinearRidge
from deeprage.baselines.boosted_trees import BoostedTrees
from deeprage.baselines.motif_ridge import MotifRidge
from deeprage.data.compendium import Compendium
from deeprage.data.motif_sources import (
    check_sources,
    content_of_source,
    explicit_sources,
    known_motifs,
)
from deeprage.data.motifs import Motif, jaspar_motifs, meme_text
from deeprage.data.split import visible
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError

EVEN = np.full(4, 0.25)


def named(make_compendium, symbols: Sequence[str]) -> Compendium:
    made = make_compendium(genes=len(symbols))
    made.adata.var["symbol"] = list(symbols)
    return Compendium(made.adata)


def symbols_of(group: str, number: int, others: int = 0) -> list[str]:
    named = sorted({motif.symbol for motif in jaspar_motifs(group) if "::" not in motif.symbol})
    return [name.title() for name in named[:number]] + [f"X{n}" for n in range(others)]


class TestDefault:
    def test_serves_a_compendium_that_has_its_factors(self, make_compendium) -> None:
        compendium = named(make_compendium, symbols_of("fungi", 60, 40))
        known = known_motifs(None, compendium)
        assert list(known.parts) == ["JASPAR fungi"]
        assert len(known.motifs) == len(jaspar_motifs())
        assert "60 of its 193 factors are genes of the compendium" in known.about
        assert explicit_sources(None, compendium) == ["jaspar:fungi"]

    def test_serves_a_part_of_the_genes_whose_regulators_it_names(self, make_compendium) -> None:
        made = make_compendium(genes=34, regulators=8)
        symbols = [f"X{n}" for n in range(34)]
        for row, symbol in zip(made.regulator_rows, symbols_of("fungi", 3), strict=False):
            symbols[row] = symbol
        made.adata.var["symbol"] = symbols
        assert known_motifs(None, Compendium(made.adata)).motifs

    @pytest.mark.parametrize("symbols", [symbols_of("fungi", 2, 30), [f"X{n}" for n in range(20)]])
    def test_does_not_serve_another_organism(self, make_compendium, symbols: list[str]) -> None:
        compendium = named(make_compendium, symbols)
        known = known_motifs(None, compendium)
        assert known.motifs == []
        assert "known motifs: none, since the default collection jaspar:fungi does not fit" in (
            known.about
        )
        assert "--motifs FILE" in known.about
        assert explicit_sources(None, compendium) == ["none"]

    def test_another_collection_that_fits_is_offered_and_not_used(self, make_compendium) -> None:
        compendium = named(make_compendium, symbols_of("plants", 300))
        known = known_motifs(None, compendium)
        assert known.motifs == []
        assert "by name fits jaspar:plants (" in known.about


class TestSources:
    def test_files_collections_and_none(self, make_compendium, tmp_path: Path) -> None:
        compendium = make_compendium()
        path = tmp_path / "own.meme"
        path.write_text(meme_text([Motif("M", "M", np.eye(4))], EVEN) + "\nMOTIF empty\n")
        known = known_motifs([path, "jaspar:diatoms"], compendium)
        assert list(known.parts) == ["own.meme", "JASPAR diatoms"]
        assert known.about == "known motifs: own.meme (1 motif), JASPAR diatoms (1 motif)"
        assert len(known.notes) == 1
        for nothing in (["none"], [], [Path("none")]):
            assert known_motifs(nothing, compendium).motifs == []
            assert explicit_sources(nothing, compendium) == nothing

    @pytest.mark.parametrize(
        ("sources", "says"),
        [
            (["jaspar:fungus"], "Did you mean 'fungi'"),
            (["jaspar:"], "unknown taxonomic group"),
            (["none", "jaspar:fungi"], "give it alone"),
            (["absent.meme"], "there is no motif file absent.meme"),
        ],
    )
    def test_what_is_no_source_is_refused(self, sources: list[str], says: str) -> None:
        with pytest.raises(DeepRageError, match=says):
            check_sources(sources)

    def test_content_of_a_file_and_of_a_collection(self, tmp_path: Path) -> None:
        path, copy = tmp_path / "a.meme", tmp_path / "b.meme"
        path.write_text("one")
        copy.write_text("one")
        assert content_of_source(path) == content_of_source(copy)
        copy.write_text("two")
        assert content_of_source(path) != content_of_source(copy)
        assert content_of_source("jaspar:fungi") != content_of_source("jaspar:plants")

    def test_wide_motifs_are_left_out_and_named(self, make_compendium, tmp_path: Path) -> None:
        path = tmp_path / "own.meme"
        wide, fitting = Motif("WIDE", "W", np.full((4, 58), 0.25)), Motif("M", "M", np.eye(4))
        path.write_text(meme_text([wide, fitting], EVEN))
        known = known_motifs([path], make_compendium()).up_to(56)
        assert [motif.name for motif in known.motifs] == ["M"]
        assert "1 motif left out, wider than the 56 bp" in known.notes[-1]
        assert "'WIDE'" in known.notes[-1]


class TestPredictors:
    def fitted(self, make_compendium, predictor, missing: float = 0.0):
        compendium = make_compendium(genes=60, conditions=8, missing=missing)
        split = make_split(
            compendium, regime="genes", seed=0, test_fraction=0.2, validation_fraction=0.2
        )
        return predictor.fit(visible(compendium, split), split)

    def test_words_alone_serve_where_no_motif_is_known(self, make_compendium) -> None:
        settings = {"rounds": (5,), "factors": 2, "least_leaf": 2}
        default, none = (
            self.fitted(make_compendium, BoostedTrees(motifs=motifs, **settings))
            for motifs in (None, ["none"])
        )
        rows, columns = np.arange(60), np.arange(8)
        np.testing.assert_array_equal(default.predict(rows, columns), none.predict(rows, columns))

    @pytest.mark.parametrize("kind", [MotifRidge, BilinearRidge])
    def test_who_reads_motifs_alone_refuses(self, make_compendium, kind) -> None:
        with pytest.raises(DeepRageError, match=r"reads known motifs alone.*--motifs FILE"):
            self.fitted(make_compendium, kind())
