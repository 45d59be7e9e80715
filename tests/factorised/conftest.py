"""The planted worlds that the baselines are tested in serve here too."""

from tests.baselines.conftest import make_world

__all__ = ["make_world"]
