"""Measurements: what the platform costs, beside baselines in the same run."""
