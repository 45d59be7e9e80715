"""Options that would do nothing are refused, whatever the verb."""

from pathlib import Path

import pytest

from deeprage import api
from deeprage.errors import DeepRageError

NOWHERE = Path("nowhere")


@pytest.mark.parametrize(
    ("verb", "options", "words"),
    [
        (api.predict, {"level": 0.5}, "no --intervals-out, so --level would do nothing"),
        (api.targets, {"network_below": 0.1}, "no --network, so --network-below would do nothing"),
        (api.motifs, {"threshold": 0.5, "best": 20}, "so --best would do nothing"),
        (api.attribute, {"genes": ["A"], "most": 5}, "so --most would do nothing"),
        (
            api.attribute,
            {"method": "gradient", "steps": 4, "references": 2},
            "the method is gradient, so --steps would do nothing",
        ),
        (
            api.attribute,
            {"method": "mutagenesis", "references": 2},
            "the method is mutagenesis, so --references would do nothing",
        ),
        (api.knockout, {"name": "a", "out": NOWHERE}, "--name would do nothing"),
        (api.knockout, {"regulator": ["A=1"], "top": 3}, "--top would do nothing"),
        (api.knockout, {"regulator": ["A=1"], "step": -2.0}, "--step would do nothing"),
        (
            api.knockout,
            {"regulator": ["A=1"], "mask": "shuffle", "site_p": 1e-3, "motifs": [NOWHERE]},
            "so --mask and --motifs and --site-p would do nothing: leave them out",
        ),
        (
            api.benchmark,
            {"controlled": ["additive"], "control_folds": 1},
            "so --controlled and --control-folds would do nothing",
        ),
        (api.describe, {"seed": 3}, "add --regime"),
        (api.describe, {"protocol": "paper"}, "add --regime"),
    ],
)
def test_it_says_what_would_do_nothing(verb, options: dict, words: str) -> None:
    needed = {api.predict: {"promoters": NOWHERE, "regulators": NOWHERE, "out": NOWHERE}}
    needed[api.attribute] = {"out": NOWHERE}
    with pytest.raises(DeepRageError, match=words):
        verb(NOWHERE, **needed.get(verb, {}), **options)
