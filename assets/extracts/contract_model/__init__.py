"""What a contract says, and how it is read."""
