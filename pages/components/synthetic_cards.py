"""Synthetic sentences as cards of the deck: masks as mentions, the label as a relation, the origin as a note."""

from db.queries.synthetic import SyntheticView
from pages.components.span_editor import DeckItem, DeckMention, DeckRelation, ItemKind

HEAD, TAIL, RELATION = 1, 2, 1


def make_card(view: SyntheticView) -> DeckItem:
    """Return a synthetic sentence as a card."""
    return DeckItem(
        ItemKind.SYNTHETIC,
        view.id,
        view.version,
        view.text,
        (
            DeckMention(HEAD, view.head_start, view.head_end, view.head_type),
            DeckMention(TAIL, view.tail_start, view.tail_end, view.tail_type),
        ),
        (DeckRelation(RELATION, HEAD, TAIL, view.label),),
        state=view.state,
        reason=view.reason,
        label=view.label,
        note=describe_origin(view),
    )


def describe_origin(view: SyntheticView) -> str:
    """Return generator, base, seed and likelihood of a sentence, and its text before an edit."""
    provenance = view.provenance
    base = provenance.get("base", "")
    parts = [
        provenance.get("generator", ""),
        base if base and base != "scratch" else "",
        f"seed {provenance['seed']}" if "seed" in provenance else "",
    ]
    likelihood = find_likelihood(view)
    if likelihood is not None:
        parts.append(f"mean log-likelihood {likelihood:.2f}")
    if view.original_text is not None:
        parts.append(f"edited from “{view.original_text}”")
    return " · ".join(filter(None, parts))


def find_likelihood(view: SyntheticView) -> float | None:
    """Return the mean log-likelihood that the generator gave its sentence, in nats a piece; None if not known."""
    try:
        return float(view.provenance["mean_log_likelihood"])
    except (KeyError, ValueError):
        return None
