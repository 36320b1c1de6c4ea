"""The static report: one page per release, from the release's own database and nothing else."""
