"""Named data sets: `fetch("yeast-stress")` gives the path of a compendium. One module each."""

from deeprage.data.catalog.registry import CATALOG, CatalogEntry, fetch, list_datasets

__all__ = ["CATALOG", "CatalogEntry", "fetch", "list_datasets"]
