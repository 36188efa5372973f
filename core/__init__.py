"""Everything that is neither page nor database."""
