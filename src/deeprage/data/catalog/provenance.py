"""Adding to what a compendium says of its origin."""

import json
from collections.abc import Mapping
from typing import Any

from deeprage.data.compendium import Compendium


def with_provenance(compendium: Compendium, facts: Mapping[str, Any]) -> Compendium:
    """The compendium with further entries in its provenance; the AnnData is the same one."""
    about = json.loads(str(compendium.adata.uns["deeprage"]))
    about["provenance"] |= facts
    compendium.adata.uns["deeprage"] = json.dumps(about)
    return Compendium(compendium.adata)
