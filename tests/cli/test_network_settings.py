"""Settings of a network or a machine that cannot be met, or that would silently do nothing."""

from pathlib import Path

import pytest
import torch

from .conftest import TINY, Deeprage, refused


def settings(*texts: str) -> list[str]:
    return [part for text in texts for part in ("--set", f"network.{text}")]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("encoder=deepbind", "filter_width=5000"), ("60 bp", "5000 bp", "filter_width")),
        (("encoder=danq", "encoder_units=1", "pool=5"), ("encoder_units", "2 or more")),
        (("encoder=deepbind", "reverse_complement=true"), ("'deepbind'", "reverse_complement")),
        (("encoder=basset", "reverse_complement=true"), ("'basset'", "conv or two-conv or danq")),
        (("encoder=basset", "pool=5"), ("network.pool", "given as 5")),
        (("encoder=deepbind", "pool_stride=5"), ("network.pool_stride",)),
        (("encoder=deepbind", "centre=true"), ("network.centre",)),
        (("encoder=danq", "second_pool=5"), ("network.second_pool", "two-conv")),
        (("encoder_units=64",), ("'conv'", "deepbind or basset or danq")),
        (("rank=4",), ("'concatenation'", "tensor-product or tensor-product-recurrent")),
        (("interaction=attention", "cell=lstm"), ("the interaction 'attention'", "network.cell")),
        (("regulator_encoder=raw", "regulator_units=8"), ("the regulator encoder 'raw'", "dense")),
        (("hidden=512",), ("network option 'hidden'", "512", "[512, 512]")),
    ],
)
def test_what_cannot_be_meant_is_refused(
    deeprage: Deeprage, toy: Path, tmp_path: Path, texts: tuple[str, ...], words: tuple[str, ...]
) -> None:
    out = tmp_path / "run"
    refused(deeprage("train", toy, "--out", out, *TINY, *settings(*texts)), *words)
    assert not out.exists()


@pytest.mark.parametrize(
    "texts",
    [
        ("encoder=deepbind", "reverse_complement=false", "centre=false", "encoder_units=4"),
        ("encoder=danq", "reverse_complement=true", "pool=9", "encoder_units=3"),
    ],
)
def test_what_the_encoder_reads_is_taken(
    deeprage: Deeprage, toy: Path, tmp_path: Path, texts: tuple[str, ...]
) -> None:
    found = deeprage("train", toy, "--out", tmp_path / "run", *TINY, *settings(*texts))
    assert found.code == 0, found.err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_is_not_there(deeprage: Deeprage, toy: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    found = deeprage("train", toy, "--out", out, *TINY, "--device", "cuda")
    refused(found, "the device 'cuda'", "--device cpu")
    assert "Accelerator" not in found.err
    assert not out.exists()
