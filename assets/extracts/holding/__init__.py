"""What is kept: archive, editions, ledger, and how it is forgotten."""
