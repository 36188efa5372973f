"""Sentences, alignment and masks."""
