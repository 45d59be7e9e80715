"""The README's picture."""

import numpy as np
import pytest
from matplotlib.image import imread

from deeprage.errors import DeepRageError
from deeprage.report import skill_picture


def test_draws_density_and_bars(run, tmp_path):
    image = imread(skill_picture(run, tmp_path / "skill.png"))
    height, width = image.shape[:2]
    assert width > 2 * height
    blue = np.abs(image[..., :3] - np.array([0x00, 0x72, 0xB2]) / 255).max(axis=-1) < 0.02
    assert blue[:, width // 2 :].sum() > 0.01 * height * width
    assert not blue[:, : width // 3].any()


def test_before_evaluation_says_what_to_do(new_run, tmp_path):
    with pytest.raises(DeepRageError, match="deeprage evaluate"):
        skill_picture(new_run(evaluated=False), tmp_path / "skill.png")


def test_unknown_format(run, tmp_path):
    with pytest.raises(DeepRageError, match=r"end it with \.png"):
        skill_picture(run, tmp_path / "skill.xyz")
    assert not list(tmp_path.iterdir())
