"""What came of each run: put on record at its end, and read by whoever asks how things stand."""
