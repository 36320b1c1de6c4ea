"""The documentation site: pages, and what is generated of the code when it is built."""
