"""Which shipped model a project predicts with before it has one of its own. Needs no torch."""

from core.domain import Schema
from core.starter import Starter, choose_joint

__all__ = ["Starter", "choose_starter"]


def choose_starter(schema: Schema) -> Starter | None:
    """Return the shipped joint model that knows most of a schema, or None if none knows an entity type of it."""
    return choose_joint(schema.type_names, schema.label_names)
