"""Where published files come from: a folder, HTTPS, or object storage, behind one interface."""
