"""What a release has that the one before had not, told as a table and as a page."""
