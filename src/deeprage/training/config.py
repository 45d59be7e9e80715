"""Settings of a training, as data."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deeprage.settings import checked

#: The system ends a process that asks for very many.
MOST_THREADS = 1024
Positive = Annotated[int, Field(gt=0)]


class TrainingConfig(BaseModel):
    """How a network is trained. Defaults are this project's recipe; see `paper_recipe`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    optimiser: Literal["sgd", "adam", "adamw"] = "adamw"
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    momentum: float = Field(default=0.0, ge=0, lt=1, description="of sgd")
    schedule: Literal["one-cycle", "plateau", "constant"] = "one-cycle"
    warm_up: float = Field(default=0.2, gt=0, lt=1, description="rising share of one-cycle")
    epochs: Positive = 20
    halve_after: Positive = Field(
        default=5, description="plateau: halve the rate after so many epochs without improvement"
    )
    stop_after: Positive = Field(
        default=10, description="plateau: stop after so many epochs without improvement"
    )
    block_genes: Positive | Literal["auto"] = "auto"
    block_conditions: Positive | Literal["auto"] = "auto"
    class_weight: float = Field(
        default=0.5, ge=0, description="weight of cross-entropy beside squared error"
    )
    validation_genes: Positive = Field(
        default=2048, description="genes, drawn once, on which each epoch is judged"
    )
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    threads: Annotated[int, Field(gt=0, le=MOST_THREADS)] | None = Field(
        default=None, description="CPU threads; default: all"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    devices: Positive = 1
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    tensorboard: bool = False


def training_config(**settings: Any) -> TrainingConfig:
    """A checked `TrainingConfig`.

    Raises:
        DeepRageError: an unknown setting (with the nearest valid one) or a value out of range.
    """
    return checked(TrainingConfig, "training option", settings)


def paper_recipe(*, recurrent: bool) -> dict[str, Any]:
    """The paper's optimiser: SGD 0.01 (Adam 0.001 for the recurrent network), plateau schedule.

    The paper's batch is 100 random pairs, which no block is: the nearest has 10 genes x 10
    conditions, as many cells, each gene and each condition ten times. `--recipe paper` adds
    `networks.presets.PAPER_REGULARISATION`.
    """
    return {
        "optimiser": "adam" if recurrent else "sgd",
        "learning_rate": 1e-3 if recurrent else 1e-2,
        "weight_decay": 0.0,
        "schedule": "plateau",
        "epochs": 100,
        "halve_after": 5,
        "stop_after": 10,
        "block_genes": 10,
        "block_conditions": 10,
    }
