"""Curated data out of a project: exports, and snapshots that never change."""
