"""Alerts: told once to each channel when something broke, recovered or became late."""
