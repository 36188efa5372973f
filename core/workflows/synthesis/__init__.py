"""Sentences written for each label: generators, judges, filters, and how the sentences fared."""
