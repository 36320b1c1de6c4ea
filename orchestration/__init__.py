"""How it runs: definitions, settings, resources, jobs, schedules and the command line."""
