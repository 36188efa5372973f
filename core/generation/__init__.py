"""Synthetic sentences from a causal language model: train, draw, filter."""
