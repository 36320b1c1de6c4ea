"""The made-up country: areas, networks and practices, their patients, and what happens to them."""
