"""The messages between the process that reads files and the one that asks it to."""

PROCESSOR_SECONDS = 120  # that a process may compute for one file; then the kernel ends it
