"""What is built, in the order data flows: extracts, indicators, release, reports; and samples."""
