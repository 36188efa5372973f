"""Named scoring protocols."""
