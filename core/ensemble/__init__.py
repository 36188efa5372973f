"""DARE's ensemble: sampling, members, vote, threshold."""
