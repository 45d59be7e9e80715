"""What runs in the short-lived process that opens files whose library may crash or hang.

These modules import the standard library, numpy, and one of h5py and pyarrow, so that the process
starts in a tenth of a second. They are started by `deeprage.data.readers.guarded`.
"""
