"""Pages of the documentation that are made of the code whenever the site is built."""
