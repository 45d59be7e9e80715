"""Trees in LightGBM's text format, checked before LightGBM reads them.

Its own reader trusts the text: sizes become pointers, and a child that is not there ends the
process. Here a text is taken apart by the rules of the format, and what the trees need is put
together again; settings of the training, which prediction does not need, are left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

#: Lines of the head that must have these values; `None` is checked below.
_HEAD: Mapping[str, str | None] = {
    "version": "v4",
    "num_class": "1",
    "num_tree_per_iteration": "1",
    "label_index": "0",
    "max_feature_idx": None,
    "objective": "regression",
    "feature_names": None,
    "feature_infos": None,
    "tree_sizes": None,
}
#: Lines of a tree, by how many numbers each has: of leaves, of splits (one less), or one.
_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
_OF_SPLITS = (
    *("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child"),
    *("internal_value", "internal_weight", "internal_count"),
)
_SINGLE = ("num_leaves", "num_cat", "is_linear", "shrinkage")
_WHOLE = ("split_feature", "decision_type", "left_child", "right_child")
#: Blank where a tree is one leaf.
_MAY_BE_BLANK = ("leaf_weight", "leaf_count")
_PRINTED = re.compile(r"[ -~\n]*")
_NUMBER = re.compile(r"[-+.0-9e]{1,40}")
_MOST_FEATURES = 10_000_000
_MOST_LEAVES = 1_000_000
_FEATURE_NAME = re.compile(r"[A-Za-z0-9_]{1,100}")
_FEATURE_INFO = re.compile(r"none|\[[-+.0-9e]{1,40}:[-+.0-9e]{1,40}\]")
#: Splits on numbers, with or without a default direction for a missing one.
_DECISIONS = frozenset({0, 2, 4, 6, 8, 10})
_END = "end of trees\n"
_TAIL = "\nfeature_importances:\n\nparameters:\nend of parameters\n\npandas_categorical:null\n"


def checked_text(text: str) -> str:
    """The same trees as a text that LightGBM reads safely.

    Raises:
        ValueError: it is no such text, or damaged.
    """
    if not _PRINTED.fullmatch(text):
        raise ValueError("the text holds other than printed ASCII characters")
    head, blank, rest = text.partition("\n\n")
    trees, end, _ = rest.partition(_END)
    if not blank or not end:
        raise ValueError("the text is cut short")
    features, sizes = _head(head)
    content = trees.encode("ascii")
    if sum(sizes) > len(content) or content[sum(sizes) :].strip():
        raise ValueError("the trees have other sizes than the text says")
    start = 0
    for number, size in enumerate(sizes):
        _check_tree(content[start : start + size].decode("ascii"), number, features)
        start += size
    return f"{head}\n\n{trees}{_END}{_TAIL}"


def _head(head: str) -> tuple[int, list[int]]:
    """The number of features, and the bytes of each tree."""
    first, *lines = head.split("\n")
    values = _pairs(lines)
    if first != "tree" or list(values) != list(_HEAD):
        raise ValueError("the head of the text is not that of LightGBM's trees")
    for key, expected in _HEAD.items():
        if expected is not None and values[key] != expected:
            raise ValueError(f"{key} is {values[key][:40]!r} and not {expected!r}")
    features = _whole(values["max_feature_idx"]) + 1
    if not 1 <= features <= _MOST_FEATURES:
        raise ValueError(f"the trees read {features} features")
    for key, form in (("feature_names", _FEATURE_NAME), ("feature_infos", _FEATURE_INFO)):
        words = values[key].split(" ")
        if len(words) != features or not all(form.fullmatch(word) for word in words):
            raise ValueError(f"{key} does not describe {features} features")
    sizes = [_whole(word) for word in values["tree_sizes"].split(" ")]
    if min(sizes) <= 0:
        raise ValueError("a tree has no size")
    return features, sizes


def _check_tree(text: str, number: int, features: int) -> None:
    first, *lines = text.rstrip("\n").split("\n")
    values = _pairs(lines)
    if first != f"Tree={number}" or set(values) != {*_SINGLE, *_OF_LEAVES, *_OF_SPLITS}:
        raise ValueError(f"tree {number} has other lines than a tree of numbers")
    leaves = _whole(values["num_leaves"])
    if not 1 <= leaves <= _MOST_LEAVES or (values["num_cat"], values["is_linear"]) != ("0", "0"):
        raise ValueError(f"tree {number} is of another kind")
    _numbers(values["shrinkage"], 1)
    for keys, length in ((_OF_LEAVES, leaves), (_OF_SPLITS, leaves - 1)):
        for key in keys:
            if not (leaves == 1 and key in _MAY_BE_BLANK and not values[key]):
                numbers = _numbers(values[key], length)
                if key in _WHOLE and not all(one.is_integer() for one in numbers):
                    raise ValueError(f"{key} of tree {number} has a number that is not whole")
    splits = {key: [_whole(word) for word in values[key].split(" ") if word] for key in _WHOLE}
    if any(not 0 <= feature < features for feature in splits["split_feature"]):
        raise ValueError(f"tree {number} reads a feature that is not there")
    if not set(splits["decision_type"]) <= _DECISIONS:
        raise ValueError(f"tree {number} has splits of another kind")
    _check_children(splits["left_child"], splits["right_child"], number)


def _check_children(left: Sequence[int], right: Sequence[int], number: int) -> None:
    """Every split but the first, and every leaf, is the child of one split before it."""
    children = [*left, *right]
    splits, leaves = len(left), len(left) + 1
    expected = [*range(-leaves, 0), *range(1, splits)] if splits else []
    if sorted(children) != expected:
        raise ValueError(f"tree {number} does not reach each leaf once")
    for side in (left, right):
        if any(0 <= child <= parent for parent, child in enumerate(side)):
            raise ValueError(f"tree {number} goes in a circle")


def _pairs(lines: Sequence[str]) -> dict[str, str]:
    values = dict(line.partition("=")[::2] for line in lines)
    if len(values) < len(lines):
        raise ValueError("a line is there twice")
    return values


def _numbers(text: str, length: int) -> list[float]:
    words = text.split(" ") if text else []
    if not all(map(_NUMBER.fullmatch, words)):
        raise ValueError(f"expected numbers, found {text[:40]!r}")
    numbers = [float(word) for word in words]
    if len(numbers) != length or not all(map(math.isfinite, numbers)):
        raise ValueError(f"expected {length} finite numbers, found {text[:40]!r}")
    return numbers


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,12}", text, re.ASCII):
        raise ValueError(f"expected a whole number, found {text[:40]!r}")
    return int(text)
