"""deeprage-f: one model for all four regimes, put together from closed forms and trees.

May know `data` and `baselines`; and of `training` the run folder, into which it is saved.
"""
