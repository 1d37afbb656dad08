"""The lines that follow an order to the process that reads: more of the file has come; all of it is there."""

MORE = b"more\n"
END = b"end\n"
PROCESSOR_SECONDS = 120  # that a process may compute for one file; then the kernel ends it
JOB = "job"  # the format of a body that is a job, of which the rows are wanted
