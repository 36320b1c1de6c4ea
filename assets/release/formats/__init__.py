"""The same tables for other tools: data package, dictionary, Central Metrics Library."""
