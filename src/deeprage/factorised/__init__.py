"""deeprage-f: one model for all four regimes, put together from closed forms and trees.

May know `data` and `baselines`.
"""
