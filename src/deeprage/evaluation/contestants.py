"""Who takes part in a benchmark: baselines, the paper's comparators and networks, by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from deeprage.baselines import BASELINES, make_baseline
from deeprage.data.motif_sources import Source, check_sources, content_of_source
from deeprage.data.predictor import Predictor, needs_promoter
from deeprage.errors import unknown
from deeprage.evaluation.job_key import code_of

#: Cheap and strong methods, at least one for each regime; the best of them is what to beat.
SIMPLE = (
    "zero",
    "majority",
    "gene-mean",
    "condition-mean",
    "additive",
    "completion",
    "regulator-ridge",
    "regulator-kernel",
    "neighbours",
    "kmer-ridge",
    "motif-ridge",
    "bilinear-ridge",
    "boosted-trees",
    "codon-trees",
)
#: Networks by name: arguments of `trial.make_trial`. The paper's three; those it could not fit; a
#: peer on our parts; deeprage-c without one of its inputs; other promoter encoders in its place.
NETWORKS: dict[str, dict[str, Any]] = {
    "deeprage-c": {"preset": "deeprage-c"},
    "deeprage-tp": {"preset": "deeprage-tp"},
    "deeprage-rnn": {"preset": "deeprage-rnn"},
    "deeprage-tp-spatial": {"preset": "deeprage-tp-spatial"},
    "deeprage-tp-rnn": {"preset": "deeprage-tp-rnn"},
    "deeprage-a": {"preset": "deeprage-a"},
    "fun-prose": {"preset": "fun-prose"},
    "sequence-only": {"preset": "deeprage-c", "blind_to": "regulators"},
    "regulator-only": {"preset": "deeprage-c", "blind_to": "promoters"},
    "deepbind-encoder": {"preset": "deeprage-c", "network": {"encoder": "deepbind"}},
    "basset-encoder": {"preset": "deeprage-c", "network": {"encoder": "basset"}},
    "danq-encoder": {"preset": "deeprage-c", "network": {"encoder": "danq"}},
}
#: This project's own model, as `module:Class`.
MODELS = {"deeprage-f": "deeprage.factorised.model:Factorised"}
_FITTED_AT_ONCE = {**BASELINES, **MODELS}
#: What runs every predictor of a benchmark, whichever it is: fitting, controls, scored cells.
_SHARED_CODE = "deeprage.evaluation.worker"
_TRIAL = "deeprage.evaluation.trial"
CONTESTANTS = (*BASELINES, *NETWORKS, *MODELS)


@dataclass(frozen=True)
class Contestant:
    """One predictor of a benchmark, as data that can be handed to another process.

    Attributes:
        name: one of `CONTESTANTS`.
        settings: constructor arguments that change what it predicts, as JSON can hold them.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """`simple`, `comparator` (of the paper), `network` or `model` (deeprage-f)."""
        if self.name in MODELS:
            return "model"
        if self.name in NETWORKS:
            return "network"
        return "simple" if self.name in SIMPLE else "comparator"

    @property
    def needs_promoter(self) -> bool:
        """Whether it predicts genes with a promoter only."""
        return self.name in NETWORKS or needs_promoter(_class_of(self.name))

    @property
    def reads_coding(self) -> bool:
        """Whether it reads the coding sequences, so that its results depend on them."""
        return self.name not in NETWORKS and getattr(_class_of(self.name), "reads_coding", False)

    @property
    def needs_motifs(self) -> bool:
        """Whether it reads known motifs and nothing else of a promoter."""
        return self.name not in NETWORKS and getattr(_class_of(self.name), "needs_motifs", False)

    def make(self, *, threads: int = 1, cache: Path | None = None) -> Predictor:
        """A new, unfitted predictor.

        Args:
            threads: CPU threads it may use.
            cache: folder for motif scores that folds can share.
        """
        if self.name in NETWORKS:
            from deeprage.evaluation.trial import make_trial

            return make_trial(**self.settings, threads=threads)
        accepted = _accepted(self.name)
        resources = {"cache": cache, "num_threads": threads}
        extra = {key: value for key, value in resources.items() if key in accepted}
        if self.name in MODELS:
            made: Predictor = _class_of(self.name)(**self.settings, **extra)
            return made
        return make_baseline(self.name, **self.settings, **extra)

    def fingerprint(self) -> dict[str, Any]:
        """All that its predictions depend on besides the data: settings, files, code, packages."""
        motifs = [
            content_of_source(source)
            for key in ("motifs", "motif_files")
            for source in self.settings.get(key) or ()
        ]
        settings = {k: v for k, v in self.settings.items() if k not in ("motifs", "motif_files")}
        module = _FITTED_AT_ONCE.get(self.name, _TRIAL).partition(":")[0]
        return {
            "name": self.name,
            "settings": settings,
            "motifs": motifs,
            **code_of([module, _SHARED_CODE]),
        }


def contestant(
    name: str,
    *,
    motifs: Sequence[Source] | None = None,
    epochs: int | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> Contestant:
    """A contestant by name.

    Args:
        motifs: files and collections for whoever reads motifs, see `data.motif_sources`.
        epochs, seed: of the training of a network.
        settings: further constructor arguments; those of `network` and `training` are added to
            the network's own.

    Raises:
        DeepRageError: unknown name or setting, or a motif file that is not there.
    """
    if name not in CONTESTANTS:
        raise unknown("predictor", name, CONTESTANTS)
    check_sources(motifs or ())
    if name in NETWORKS:
        own: dict[str, Any] = {**NETWORKS[name], "training": {"seed": seed}}
        if epochs is not None:
            own["training"]["epochs"] = epochs
        more = dict(settings or {})
        for key in ("network", "training"):
            if key in more:
                more[key] = {**own.get(key, {}), **more[key]}
        return Contestant(name, own | more)
    accepted = _accepted(name)
    for key in settings or {}:
        if key not in accepted:
            raise unknown(f"setting of {name}", key, accepted)
    found: dict[str, Any] = {}
    for key in ("motifs", "motif_files"):
        if motifs and key in accepted:
            found[key] = [str(path) for path in motifs]
    return Contestant(name, found | dict(settings or {}))


def _accepted(name: str) -> tuple[str, ...]:
    """Names of the constructor arguments of a baseline or model."""
    return tuple(inspect.signature(_class_of(name)).parameters)


def _class_of(name: str) -> Any:
    module, _, class_name = _FITTED_AT_ONCE[name].partition(":")
    return getattr(import_module(module), class_name)
