"""Files that people have their data in, read with pyarrow and NumPy.

A file may be broken or malicious: a file from a stranger must be read in a separate process, with
its memory and time bounded (`steelyard.datasets.reader_process`). pyarrow is imported there alone.
"""
