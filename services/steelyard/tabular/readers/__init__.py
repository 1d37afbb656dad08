"""Files that people have their data in, read with pyarrow and NumPy.

A file may be broken, or made to do harm: whoever reads one that a stranger sent does so in a process of its own, with
its memory and time bounded (`steelyard.datasets.reader_process`). pyarrow is imported there alone.
"""
