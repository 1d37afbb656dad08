"""The lines that follow an order to the process that reads: more of the file has come; all of it is there."""

MORE = b"more\n"
END = b"end\n"
