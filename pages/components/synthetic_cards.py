"""Synthetic sentences as cards of the deck: masks as mentions, the label as a relation, the origin as a note."""

from core.domain import State
from db.queries.synthetic import SyntheticView
from pages.components.span_editor import DeckItem, DeckMention, DeckRelation, ItemKind

HEAD, TAIL, RELATION = 1, 2, 1


def make_card(view: SyntheticView, *, with_names: bool = False) -> DeckItem:
    """Return a synthetic sentence as a card; `with_names` shows names in the place of the masks, where it has some."""
    head_name, tail_name = (view.head_name, view.tail_name) if with_names else ("", "")
    return DeckItem(
        ItemKind.SYNTHETIC,
        view.id,
        view.version,
        view.text,
        (
            DeckMention(HEAD, view.head_start, view.head_end, view.head_type, name=head_name),
            DeckMention(TAIL, view.tail_start, view.tail_end, view.tail_type, name=tail_name),
        ),
        (DeckRelation(RELATION, HEAD, TAIL, view.label),),
        state=view.state,
        is_flagged=view.is_flagged,
        reason=view.reason,
        label=view.label,
        note=describe_origin(view),
        nearest=view.nearest_gold,
        scores=describe_scores(view),
    )


def describe_scores(view: SyntheticView) -> tuple[str, ...]:
    """Return agreement, disagreement and novelty in words with their numbers; those that are not known are left out."""
    scores = ("agreement", view.agreement), ("disagreement", view.disagreement), ("novelty", view.novelty)
    words = [f"{name} {score:.2f}: {_find_words(name, score)}" for name, score in scores if score is not None]
    # The judges and the comparison with gold saw the sentence as it was generated.
    return (*words, "scores from before the edit") if words and view.state is State.CORRECTED else tuple(words)


def _find_words(name: str, score: float) -> str:
    """Return the words of the first step that the score does not exceed."""
    return next(words for limit, words in _STEPS[name] if score <= limit)


_ANY = float("inf")
_STEPS = {
    "agreement": (
        (0.2, "judges say otherwise"),
        (0.5, "judges doubt it"),
        (0.8, "judges lean to it"),
        (_ANY, "judges agree"),
    ),
    # In nats; two judges that hold opposite views for certain reach ln 2 = 0.69.
    "disagreement": ((0.05, "judges of one mind"), (0.2, "nearly of one mind"), (_ANY, "judges divided")),
    "novelty": ((0.4, "close to gold"), (0.7, "partly new"), (_ANY, "new wording")),
}


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
