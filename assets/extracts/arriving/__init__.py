"""How files come in: landing folder, object storage, published addresses, feeds."""
