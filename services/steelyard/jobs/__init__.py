"""The life cycle of a job: submit, claim, record, finish; and recovery after a crash."""
