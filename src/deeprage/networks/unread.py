"""Settings of a part of a network that another part in its place does not read."""

from collections.abc import Mapping
from typing import Any

from deeprage.errors import DeepRageError
from deeprage.networks.config import NetworkConfig

_CONVOLUTIONS = ("conv", "two-conv", "danq")
_BILINEAR = ("tensor-product", "tensor-product-recurrent")
_RECURRENT = ("recurrent", "tensor-product-recurrent")
#: By part, which choices of it read a setting; what is not named here all of them read, or none.
READ_BY: dict[str, dict[str, tuple[str, ...]]] = {
    "encoder": {
        "pool": _CONVOLUTIONS,
        "pool_stride": _CONVOLUTIONS,
        "reverse_complement": _CONVOLUTIONS,
        "centre": _CONVOLUTIONS,
        "second_filters": ("two-conv",),
        "second_filter_width": ("two-conv",),
        "second_pool": ("two-conv",),
        "encoder_dropout": ("conv", "two-conv"),
        "encoder_units": ("deepbind", "basset", "danq"),
    },
    "interaction": {
        "rank": _BILINEAR,
        "heads": ("attention",),
        "head_units": ("attention",),
        "cell": _RECURRENT,
        "cell_units": _RECURRENT,
    },
    "regulator_encoder": {"regulator_units": ("dense",)},
}


def check_read(network: NetworkConfig, settings: Mapping[str, Any]) -> None:
    """Raise a `DeepRageError` if one of the settings asked for would silently do nothing.

    One that switches something off (`centre=False`) is true of a part that has no such thing.
    """
    for part, readers in READ_BY.items():
        chosen = getattr(network, part)
        for name, value in settings.items():
            if value and chosen not in readers.get(name, (chosen,)):
                raise DeepRageError(
                    f"the {part.replace('_', ' ')} {chosen!r} does not read network.{name}, given "
                    f"as {value!r}: leave it out, or choose the {part.replace('_', ' ')} "
                    f"{' or '.join(readers[name])}."
                )
