"""Networks by name have the sizes that the documentation gives."""

from deeprage.networks.presets import PAPER_REGULARISATION, PRESETS, preset


def test_presets_are_what_the_documentation_says() -> None:
    """The paper's sizes; a change makes other networks of the same name."""
    plain = {
        "encoder": "conv", "filters": 256, "filter_width": 19, "pool": 15, "pool_stride": None,
        "window": None, "first_filters": "random", "reverse_complement": False, "centre": True,
        "second_filters": 64, "second_filter_width": 13, "second_pool": 8, "encoder_dropout": 0.0,
        "encoder_units": 512, "regulator_encoder": "dense", "regulator_units": 512,
        "interaction": "concatenation", "rank": None, "heads": 8, "head_units": 32, "cell": "gru",
        "cell_units": 512, "hidden": (512, 512), "rectify": True, "dropout": 0.1, "head": "both",
        "classes": 3,
    }  # fmt: skip
    for name, changes in PRESETS.items():
        found = preset(name).model_dump()
        assert found.pop("name") == name
        assert {key: value for key, value in found.items() if value != plain[key]} == changes
    assert PRESETS["deeprage-rnn"]["pool"] == PRESETS["deeprage-tp-rnn"]["pool"] == 100
    assert PRESETS["deeprage-tp-spatial"]["rank"] == 64
    motif = preset("deeprage-motif")
    assert (motif.filters, motif.filter_width, motif.window, motif.pool) == (96, 13, 800, 197)
    assert (motif.rank, motif.hidden, motif.encoder_dropout) == (48, (1, 1), 0.3)
    peer = preset("fun-prose")
    assert (peer.filter_width, peer.pool, peer.encoder_dropout) == (9, 19, 0.4)
    assert (peer.regulator_units, peer.hidden, peer.dropout) == (1024, (512, 256, 64), 0.02)


def test_the_paper_s_regularisation() -> None:
    assert PAPER_REGULARISATION == {"dropout": 0.5, "centre": False}
