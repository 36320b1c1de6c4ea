"""The command line, one module per group of commands; each imports what takes time when asked."""

from orchestration.command_line.application import app

__all__ = ["app"]
