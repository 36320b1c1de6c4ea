"""What must hold: declared rules per layer, and the bridge to Great Expectations."""
