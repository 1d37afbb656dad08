"""Studies: groups of ordinary jobs that answer one question."""
