"""The dbt project as Dagster assets: what it needs before parsing, and how it is run."""
