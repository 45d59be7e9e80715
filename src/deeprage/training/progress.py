"""Progress of a training: a bar on a terminal, TensorBoard on request, silence otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deeprage.errors import DeepRageError
from deeprage.training.config import TrainingConfig
from deeprage.training.loop import Listener


@contextmanager
def progress_listener(
    training: TrainingConfig, out: Path, *, show: bool
) -> Iterator[Listener | None]:
    """A function that the loop calls after each step, or None when nobody is watching.

    Raises:
        DeepRageError: TensorBoard was asked for and is not installed.
    """
    listeners: list[Listener] = []
    if training.tensorboard:
        listeners.append(_tensorboard(out))
    if show and sys.stderr.isatty():
        with _bar(training.epochs) as listener:
            yield _all([*listeners, listener])
    else:
        yield _all(listeners)


def _all(listeners: list[Listener]) -> Listener | None:
    if not listeners:
        return None

    def tell(epoch: int, step: int, steps: int, loss: float, speed: float) -> None:
        for listener in listeners:
            listener(epoch, step, steps, loss, speed)

    return tell


@contextmanager
def _bar(epochs: int) -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.3f}  {task.fields[speed]:,.0f} pairs/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, epoch=f"1/{epochs}", loss=0.0, speed=0.0)

        def show(epoch: int, step: int, steps: int, loss: float, speed: float) -> None:
            bar.update(
                task,
                total=epochs * steps,
                completed=epoch * steps + step + 1,
                epoch=f"{epoch + 1}/{epochs}",
                loss=loss,
                speed=speed,
            )

        yield show


def _tensorboard(out: Path) -> Listener:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise DeepRageError(
            "TensorBoard is not installed: pip install 'deeprage[tensorboard]', or leave the "
            "option out."
        ) from error
    writer = SummaryWriter(str(out / "tensorboard"))

    def write(epoch: int, step: int, steps: int, loss: float, speed: float) -> None:
        if step == steps - 1:
            writer.add_scalar("loss/train", loss, epoch)
            writer.add_scalar("pairs per second", speed, epoch)
            writer.flush()

    return write
