"""Learning-rate schedules and the memory of what was best, as data that a checkpoint can hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

from deeprage.training.config import TrainingConfig


@dataclass(frozen=True)
class Progress:
    """What the schedule remembers between epochs."""

    best: float = math.inf
    best_epoch: int = -1
    waited: int = 0
    halvings: int = 0

    def after(self, epoch: int, loss: float, config: TrainingConfig) -> Progress:
        """Progress once an epoch has given a validation loss."""
        if loss < self.best:
            return Progress(best=loss, best_epoch=epoch, halvings=self.halvings)
        waited = self.waited + 1
        halve = config.schedule == "plateau" and waited % config.halve_after == 0
        return Progress(self.best, self.best_epoch, waited, self.halvings + int(halve))

    def finished(self, config: TrainingConfig) -> bool:
        """Whether a plateau has lasted long enough to stop."""
        return config.schedule == "plateau" and self.waited >= config.stop_after


def learning_rate(config: TrainingConfig, progress: Progress, done: float) -> float:
    """The learning rate when a share `done` (0 to 1) of all steps has been taken.

    `one-cycle`: from a 25th of the rate up to it along a cosine, then down to nothing
    (Smith 2018). `plateau`: halved with each halving of `progress`, as in the paper.
    """
    if config.schedule == "constant":
        return config.learning_rate
    if config.schedule == "plateau":
        return config.learning_rate * 0.5**progress.halvings
    if done < config.warm_up:
        rising = (1 - math.cos(math.pi * done / config.warm_up)) / 2
        return config.learning_rate * (1 + 24 * rising) / 25
    falling = (1 + math.cos(math.pi * (done - config.warm_up) / (1 - config.warm_up))) / 2
    return config.learning_rate * max(falling, 1e-5)
