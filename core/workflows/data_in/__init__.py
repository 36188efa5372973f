"""Texts, files, published corpora and fetched articles into a project."""
