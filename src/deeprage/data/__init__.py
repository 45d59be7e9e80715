"""What is known: compendium, promoters, readers, DNA encoding, labels, splits, blocks."""
