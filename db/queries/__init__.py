"""Typed functions over the tables: session first, frozen views or domain types out."""
