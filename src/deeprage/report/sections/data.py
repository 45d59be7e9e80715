"""The data, the split and the model, in numbers."""

from collections.abc import Mapping

from deeprage.report.blocks import Block, Facts, Section, Share, Shares
from deeprage.report.run_folder import RunFolder
from deeprage.report.verdict import REGIMES
from deeprage.report.wording import flat, plain

_ROLES = (
    ("train", "training"),
    ("validation", "validation"),
    ("reserve", "learnt from after the choices"),
    ("test", "test"),
    ("unused", "not used"),
)


def data(run: RunFolder) -> Section | None:
    """What the compendium holds, which cells were held out, and what the model is."""
    compendium = run.part("compendium")
    blocks: list[Block] = []
    if compendium:
        blocks.append(Facts("Compendium", _compendium(run)))
        if provenance := _provenance(compendium.get("provenance")):
            blocks.append(Facts("Where it comes from", provenance))
    blocks += _split(run)
    network = flat(run.part("network"))
    if (size := run.config.get("parameters")) is not None:
        network["parameters"] = plain(size)
    model, training = flat(run.part("model")), flat(run.part("training"))
    for title, facts in (("Model", model), ("Network", network), ("Training", training)):
        if facts:
            blocks.append(Facts(title, facts))
    return Section("data", "Data, split and model", "What went in.", blocks) if blocks else None


def _compendium(run: RunFolder) -> dict[str, str]:
    about = run.part("compendium")
    missing = about.get("missing_share")
    length, anchor = about.get("promoter_length"), about.get("anchor")
    facts = {
        "name": about.get("name"),
        "genes": about.get("genes"),
        "conditions": about.get("conditions"),
        "series of conditions": about.get("series"),
        "groups of genes": about.get("groups"),
        "regulators": about.get("regulators"),
        "missing values": None if missing is None else f"{100 * float(missing):.1f} %",
        "promoters": None if length is None else f"{length:,} bp before the {anchor or 'gene'}",
        "unit": about.get("unit"),
        "file": about.get("path") or run.config.get("compendium_path"),
    }
    return {name: plain(value) for name, value in facts.items() if value is not None}


def _provenance(found: object) -> dict[str, str]:
    if isinstance(found, Mapping):
        return flat(found)
    return {"source": plain(found)} if found else {}


def _split(run: RunFolder) -> list[Block]:
    split = run.part("split")
    if not split:
        return []
    asks = REGIMES.get(run.regime)
    facts = {
        "held out": f"{run.regime} ({asks})" if asks else run.regime,
        "split": plain(split.get("label")),
        "protocol": plain(run.config.get("protocol")),
    }
    blocks: list[Block] = [Facts("Split", facts)]
    cells = split.get("cells")
    if isinstance(cells, Mapping):
        shares = [Share(label, int(cells.get(key) or 0), key) for key, label in _ROLES]
        blocks.append(Shares("Cells", [share for share in shares if share.count]))
    return blocks
