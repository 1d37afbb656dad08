"""Uploaded data sets: read in a sandbox, stored by column, identified by their content."""
