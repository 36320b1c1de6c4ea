"""What is published: the candidate, its reading as written, the manifest and the pointer."""
