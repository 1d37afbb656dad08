"""The messages between the process that reads files and the one that asks it to."""

PROCESSOR_SECONDS = 120  # of processor time for one file; then the kernel ends the process
