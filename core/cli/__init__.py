"""`dare`: the commands, thin over workflows."""

from core.cli.main import main

__all__ = ["main"]
