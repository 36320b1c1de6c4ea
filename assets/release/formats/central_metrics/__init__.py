"""The release in the form of NHS England's Central Metrics Library (proforma 3.0)."""
