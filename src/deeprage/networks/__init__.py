"""What can be learnt: promoter encoders, regulator encoders, interactions, network, presets.

Networks know tensors and no files. `Network(promoters, regulators)` returns a whole block of the
matrix, genes x conditions, never a list of pairs.
"""
