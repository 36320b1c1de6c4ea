"""What national publishers publish, in their official layouts, one module per family."""
