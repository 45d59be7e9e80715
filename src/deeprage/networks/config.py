"""The shape of a network, as data."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(gt=0)]
Encoder = Literal["conv", "two-conv", "deepbind", "basset", "danq"]
Interaction = Literal[
    "concatenation", "tensor-product", "recurrent", "tensor-product-recurrent", "attention"
]
Head = Literal["regression", "classes", "both"]


class NetworkConfig(BaseModel):
    """Sizes and parts of a network.

    The default sizes are the paper's DeepRAGE-C. Dropout (0.5 there) and standardisation (none
    there) are not: see `presets.PAPER_REGULARISATION`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "deeprage-c"
    encoder: Encoder = "conv"
    filters: Positive = 256
    filter_width: Positive = 19
    pool: Positive | Literal["global"] = Field(
        default=15,
        description="width of the max-pool in bp; 'global' keeps one value a filter, 1 keeps all",
    )
    pool_stride: Positive | None = Field(default=None, description="default: the pool's width")
    window: Positive | None = Field(
        default=None, description="bp nearest the gene that conv and danq read; default: all"
    )
    first_filters: Literal["random", "words", "motifs"] = Field(
        default="random",
        description="where conv's filters start: at random, at the words of the training "
        "promoters that tell most about the responses of their genes, or at known motifs",
    )
    reverse_complement: bool = Field(
        default=False, description="each filter reads both strands with shared weights"
    )
    centre: bool = Field(
        default=True,
        description="standardise each filter's pooled output with statistics of the training "
        "promoters, set once before training",
    )
    second_filters: Positive = Field(default=64, description="of two-conv's second layer")
    second_filter_width: Positive = Field(
        default=13, description="of two-conv's second layer, in pooled positions"
    )
    second_pool: Positive = Field(default=8, description="of two-conv's second layer")
    encoder_dropout: float = Field(
        default=0.0, ge=0.0, lt=1.0, description="after each convolution of conv and two-conv"
    )
    encoder_units: Positive = Field(
        default=512, description="dense units of deepbind, basset and danq; LSTM units of danq"
    )
    regulator_encoder: Literal["dense", "raw"] = "dense"
    regulator_units: Positive = 512
    interaction: Interaction = "concatenation"
    rank: Positive | None = Field(
        default=None,
        description="of a tensor product's weights: terms that they are the sum of; default: full",
    )
    heads: Positive = Field(default=8, description="of attention")
    head_units: Positive = Field(default=32, description="numbers in a query, key and value")
    cell: Literal["gru", "lstm"] = "gru"
    cell_units: Positive = 512
    hidden: Annotated[tuple[Positive, ...], Field(min_length=2)] = Field(
        default=(512, 512), description="units of the dense layers after the meeting, two or more"
    )
    rectify: bool = Field(
        default=True, description="ReLU and dropout in the dense layers; without, they are linear"
    )
    dropout: float = Field(default=0.1, ge=0.0, lt=1.0)
    head: Head = "both"
    classes: Annotated[int, Field(ge=2)] = 3
