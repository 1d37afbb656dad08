"""The life of a job: submitted, claimed, recorded, finished; and found again when somebody lost it."""
