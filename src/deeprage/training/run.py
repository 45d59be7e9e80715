"""A run folder: everything that a training leaves, and how to read it back."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deeprage.data.split import ScoringProtocol, Split
from deeprage.errors import DeepRageError
from deeprage.files import write_json
from deeprage.folders import folder_change, is_interrupted, recovered
from deeprage.manifest import own_bytes, own_json, read_manifest
from deeprage.networks.config import NetworkConfig
from deeprage.schema import check_type
from deeprage.settings import checked
from deeprage.training.checkpoint_header import CHECKPOINT, STAGED
from deeprage.training.schemas import AnyModel, Config, NetworkModel

if TYPE_CHECKING:
    from torch import Tensor

    from deeprage.data.level_reference import LevelReference
    from deeprage.data.names import NameResolver
    from deeprage.networks.network import Network
    from deeprage.training.predictor import NetworkPredictor
    from deeprage.training.scaling import Scaling

#: Raised by one whenever an older program could misread a newer run folder.
FORMAT_VERSION = 1
CONFIG = "config.json"
SPLIT = "split.npz"
MODEL = "model.safetensors"
MODEL_JSON = "model.json"
HISTORY = "history.jsonl"
METRICS = "metrics.json"
PREDICTIONS = "predictions.npz"
REPORT = "report.html"
MOTIFS = "motifs.json"
TARGETS = "targets.json"
REAL_KNOCKOUT = "real_knockout.json"
#: Logs of a training, where they are asked for.
TENSORBOARD = "tensorboard"
#: A folder with the trees of a model that has any, one text a factor.
TREES = "trees"
#: Arrays beside a network's weights: the levels of its training conditions, and their series.
_LEVEL_ARRAYS = ("levels.training", "levels.series")
#: What `config.json` calls the kind of model; a run that says nothing is of a network.
NETWORK = "network"
#: A folder with one folder a knock-out.
KNOCKOUTS = "knockouts"
#: The names that verbs give to files in a run folder, beside those in `TREES` and `KNOCKOUTS`.
FILES = (
    *(CONFIG, SPLIT, CHECKPOINT, MODEL, MODEL_JSON, HISTORY),
    *(METRICS, PREDICTIONS, REPORT),
    *(MOTIFS, "motifs.tsv", "motifs.meme"),
    *(TARGETS, "targets.tsv", "targets.npz"),
    REAL_KNOCKOUT,
)
_AGAIN = "train again"


@dataclass(frozen=True)
class Run:
    """A finished or interrupted training on disk."""

    path: Path

    @classmethod
    def load(cls, path: Path | str) -> Run:
        """Open a run folder.

        Raises:
            DeepRageError: not a run folder, or one of an incompatible version.
        """
        run = cls(Path(path))
        if is_interrupted(run.path):
            recovered(run.path)
        if not (run.path / CONFIG).is_file():
            raise DeepRageError(
                f"{path} is not a run folder (it has no {CONFIG}): give the folder named by "
                "`deeprage train --out`."
            )
        _check_version(run.config, run.path)
        check_type(run.config, Config, path=run.path / CONFIG, advice=_AGAIN)
        return run

    @cached_property
    def config(self) -> dict[str, Any]:
        """The resolved configuration, as written by `train`."""
        return _settings(self.path, CONFIG)

    @cached_property
    def split(self) -> Split:
        """The split of this run."""
        content = own_bytes(self.path, SPLIT, advice=_AGAIN)
        return Split.of_bytes(content, path=self.path / SPLIT)

    @cached_property
    def model(self) -> dict[str, Any]:
        """What is needed to use the model: for a network its architecture and scaling, for all
        kinds the regulators in order and the length of a promoter."""
        if not (self.path / MODEL_JSON).is_file():
            raise DeepRageError(
                f"{self.path} holds no trained model yet: give the `deeprage train` command that "
                "began it again."
            )
        path = self.path / MODEL_JSON
        content = _settings(self.path, MODEL_JSON)
        if "format_version" in content:  # else it is damaged, and lacks more
            _check_version(content, path)
        kind = NetworkModel if self.kind == NETWORK else AnyModel
        check_type(content, kind, path=path, advice=_AGAIN)
        return content

    @contextmanager
    def results(
        self, names: Iterable[str], *, out: Path | None = None, removed: Collection[str] = ()
    ) -> Iterator[Path]:
        """Give an empty folder; what the block puts there becomes results of this run.

        Args:
            names: files that the block will write.
            out: where they go instead of the run folder.
            removed: earlier results that go, see `folders.folder_change`.

        Raises:
            DeepRageError: another process works there, the place cannot be written, a file of the
                user is in the way, or `out` is another run, whose report would show these results.
        """
        folder = self.path.resolve()
        if out is not None and Path(out).resolve() != folder:
            folder = Path(out)
            if is_run(folder):
                raise DeepRageError(
                    f"{out} is another run, whose report would show what is found about "
                    f"{self.path}: choose another --out."
                )
        with folder_change(folder, names=names, removed=removed) as aside:
            if Run(self.path).config != self.config:
                raise DeepRageError(
                    f"{self.path} was trained again while it was read: give the command again."
                )
            _drop_unstarted(folder / STAGED)
            yield aside

    @cached_property
    def is_complete(self) -> bool:
        """Whether the training came to its end; if not, it may have a model already."""
        manifest = read_manifest(self.path)
        return manifest is not None and manifest.complete

    @property
    def kind(self) -> str:
        """`network`, or the kind of another model; `evaluation.opening` opens any of them."""
        return str(self.config.get("kind", NETWORK))

    @property
    def model_name(self) -> str:
        """Name of the model, as in `train --model`."""
        about = self.model
        return str(about["network"]["name"] if self.kind == NETWORK else about["model"])

    @property
    def regulators(self) -> list[str]:
        """Regulator names in the order that the network expects."""
        return list(self.model["regulators"])

    @cached_property
    def regulator_names(self) -> NameResolver:
        """Finds places of the regulators by any of their names."""
        from deeprage.data.name_index import OWN_NAME
        from deeprage.data.names import NameResolver

        pairs = [[(OWN_NAME, name)] for name in self.regulators]
        about = self.config.get("compendium")
        listed = about.get("regulator_identifiers") if isinstance(about, dict) else None
        if isinstance(listed, list) and len(listed) == len(pairs):
            for own, others in zip(pairs, listed, strict=True):
                own += [
                    (pair[0], pair[1])
                    for pair in (others if isinstance(others, list) else ())
                    if isinstance(pair, list) and len(pair) == 2 and all(map(_is_text, pair))
                ]
        return NameResolver(self.regulators, pairs)

    @property
    def promoter_length(self) -> int:
        """bp of a promoter that the network expects."""
        return int(self.model["promoter_length"])

    @cached_property
    def _tensors(self) -> dict[str, Tensor]:
        """All that `model.safetensors` holds."""
        from deeprage.training.tensor_files import tensors_of

        content = own_bytes(self.path, MODEL, advice=_AGAIN)
        return tensors_of(content, path=self.path / MODEL, advice=_AGAIN)[0]

    def network(self) -> Network:
        """The network with its best weights, in evaluation mode, on the CPU.

        Raises:
            DeepRageError: the run is of another kind of model, or its weights cannot be read.
        """
        if self.kind != NETWORK:
            raise DeepRageError(
                f"{self.path} holds {self.model_name}, which has no network: give the run of one, "
                "such as `deeprage train --model deeprage-c` makes."
            )
        from deeprage.networks.network import Network

        weights = {
            name: tensor for name, tensor in self._tensors.items() if name not in _LEVEL_ARRAYS
        }
        wrong = [name for name, tensor in weights.items() if not bool(tensor.isfinite().all())]
        if wrong:
            raise DeepRageError(
                f"{len(wrong)} of the weights in {self.path / MODEL} are not finite numbers, such "
                f"as {wrong[0]!r}: the training diverged; train again with a lower rate."
            )
        config = checked(
            NetworkConfig, f"setting of the network in {MODEL_JSON}", self.model["network"]
        )
        network = Network(
            config, promoter_length=self.promoter_length, regulators=len(self.regulators)
        )
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise DeepRageError(
                f"the weights in {self.path / MODEL} are not of the network that {MODEL_JSON} "
                "beside them describes: train again."
            ) from error
        return network.eval()

    def scaling(self) -> Scaling:
        """Scaling of inputs and outputs."""
        from deeprage.training.scaling import Scaling

        about = self.model["scaling"]
        arrays = ("regulator_mean", "regulator_low", "regulator_high")
        levels = {name: np.array(about[name], dtype=np.float32) for name in arrays}
        return Scaling(
            **levels, target_mean=about["target_mean"], target_scale=about["target_scale"]
        )

    def level_reference(self) -> LevelReference:
        """The regulator levels that a network was trained on.

        Raises:
            DeepRageError: the model is damaged.
        """
        from deeprage.data.level_reference import LevelReference

        try:
            levels, series = (self._tensors[name].numpy() for name in _LEVEL_ARRAYS)
        except KeyError as error:
            raise DeepRageError(
                f"{self.path / MODEL} is damaged, it has no array {error}: train again."
            ) from error
        fits = series.ndim == 1 and levels.shape == (len(series), len(self.regulators))
        if not fits or levels.dtype != np.float32 or series.dtype != np.int64:
            raise DeepRageError(
                f"{self.path / MODEL} is damaged, its levels are of other regulators: train again."
            )
        return LevelReference(levels, series, bool(self.model["scaling"].get("relative", True)))

    def predictor(self) -> NetworkPredictor:
        """The trained network, ready to predict."""
        from deeprage.training.predictor import NetworkPredictor

        return NetworkPredictor(
            self.network(),
            scaling=self.scaling(),
            regulators=tuple(self.regulators),
            mask_self=self.config["protocol"] != ScoringProtocol.PAPER,
        )


def _drop_unstarted(staged: Path) -> None:
    """Remove a training that was to replace a run, if it was killed before its first epoch."""
    if staged.is_dir() and not (is_interrupted(staged) or (staged / CHECKPOINT).is_file()):
        shutil.rmtree(staged, ignore_errors=True)


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run, complete or not: its settings are of deeprage."""
    try:
        return (folder / CONFIG).is_file() and "deeprage_version" in _settings(folder, CONFIG)
    except DeepRageError:
        return False


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _settings(folder: Path, name: str) -> dict[str, Any]:
    """What a JSON file of a run says."""
    content: dict[str, Any] = own_json(folder, name, dict[str, Any], advice=_AGAIN)
    return content


def _check_version(found: Mapping[str, Any], path: Path) -> None:
    version = found.get("format_version")
    if version != FORMAT_VERSION:
        raise DeepRageError(
            f"{path} was written in run format {version}, this deeprage reads format "
            f"{FORMAT_VERSION}: train again, or use the deeprage that wrote it "
            f"({found.get('deeprage_version', 'unknown')})."
        )


def save_model(
    path: Path,
    network: Network,
    *,
    scaling: Scaling,
    levels: LevelReference,
    regulators: list[str],
    length: int,
) -> None:
    """Write the weights and, beside them, what is needed to use them.

    Args:
        levels: of the training conditions, kept so that others can be compared with them.
    """
    import torch

    from deeprage import __version__
    from deeprage.training.tensor_files import write_tensors

    about = {
        "format_version": FORMAT_VERSION,
        "deeprage_version": __version__,
        "network": network.config.model_dump(),
        "promoter_length": length,
        "regulators": regulators,
        "scaling": {
            "regulator_mean": scaling.regulator_mean.tolist(),
            "regulator_low": scaling.regulator_low.tolist(),
            "regulator_high": scaling.regulator_high.tolist(),
            "target_mean": scaling.target_mean,
            "target_scale": scaling.target_scale,
            "relative": levels.relative,
        },
    }
    arrays = zip(_LEVEL_ARRAYS, (levels.filled.astype(np.float32), levels.series), strict=True)
    kept = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays}
    write_tensors(path / MODEL, network.state_dict() | kept)
    write_json(path / MODEL_JSON, about)
