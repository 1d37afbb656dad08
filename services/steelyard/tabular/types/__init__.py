"""Column types: one class and file each, used wherever a value of such a column is read or written."""
