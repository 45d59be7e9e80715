"""Settings of a promoter encoder that another encoder does not read."""

from collections.abc import Mapping
from typing import Any

from deeprage.errors import DeepRageError

#: Which encoders read a setting; what is not named here all of them read, or none.
READ_BY: dict[str, tuple[str, ...]] = {
    "pool": ("conv", "two-conv", "danq"),
    "pool_stride": ("conv", "two-conv", "danq"),
    "reverse_complement": ("conv", "two-conv", "danq"),
    "centre": ("conv", "two-conv", "danq"),
    "second_filters": ("two-conv",),
    "second_filter_width": ("two-conv",),
    "second_pool": ("two-conv",),
    "encoder_units": ("deepbind", "basset", "danq"),
}


def check_read(encoder: str, settings: Mapping[str, Any]) -> None:
    """Raise a `DeepRageError` if one of the settings asked for would silently do nothing.

    One that switches something off (`centre=False`) is true of an encoder that has no such thing.
    """
    for name, value in settings.items():
        readers = READ_BY.get(name)
        if readers is not None and encoder not in readers and value:
            raise DeepRageError(
                f"the encoder {encoder!r} does not read network.{name}, given as {value!r}: leave "
                f"it out, or choose the encoder {' or '.join(readers)}."
            )
