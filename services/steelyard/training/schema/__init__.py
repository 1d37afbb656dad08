"""A training job: as clients describe it (`spec`), as they see it (`job`), and what it results in (`results`)."""

from steelyard.training.schema.spec import Column, Holdout, JobSpec, class_key, load_spec

__all__ = ["Column", "Holdout", "JobSpec", "class_key", "load_spec"]
