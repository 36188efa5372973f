"""Models of the hub that are known to be good starts, as facts that were looked up; nothing here asks the hub.

What the hub holds was read from stored copies of its pages (2023 to 2025) and may have changed since. Weights are the
published numbers. "Licence" is what the card on the hub says, or else the place named beside it.
"""

from dataclasses import dataclass
from typing import Any, Literal

from core.workflows.model_library.pulled import PulledKind

Safetensors = Literal["yes", "pull request", "no", "not known"]
_BYTES_A_WEIGHT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A model of the hub.

    Args:
        title: The name people know it by.
        name: Its name on the hub.
        kind: "encoder" to train from, "generator" to write with.
        num_weights: Size, as published.
        licence: Terms.
        reason: Why one would take it.
        safetensors: Whether its repository has safetensors, the only weights that are read: in its main branch, in a
            pull request of the hub's own converter that was not merged, or not.
        revision: What to pull where the main branch will not do; empty otherwise.
        obstacle: Why it cannot be used here at all; empty where it can.
    """

    title: str
    name: str
    kind: PulledKind
    num_weights: int
    licence: str
    reason: str
    safetensors: Safetensors
    revision: str = ""
    obstacle: str = ""

    @property
    def num_bytes(self) -> int:
        """Size of its weights in float32, about what is downloaded."""
        return self.num_weights * _BYTES_A_WEIGHT

    @property
    def command(self) -> str:
        """The command that pulls it; empty where that is of no use."""
        if self.obstacle or self.safetensors == "no":
            return ""
        revision = f" --revision {self.revision}" if self.revision else ""
        return f"dare models pull {self.name}{revision}"

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON."""
        return {name: getattr(self, name) for name in (*_FIELDS, "num_bytes", "command")}


_FIELDS = (
    *("title", "name", "kind", "num_weights", "licence", "reason"),
    *("safetensors", "revision", "obstacle"),
)
_MODIFIED_MIT = "modified MIT, says its card"

SUGGESTIONS = (
    Suggestion(
        title="Bioformer 8L",
        name="bioformers/bioformer-8L",
        kind="encoder",
        num_weights=42_820_610,
        licence="apache-2.0",
        reason="Biomedical from its vocabulary on; three times as fast as BERT-base, say its authors. For a CPU.",
        safetensors="yes",
    ),
    Suggestion(
        title="Bioformer 16L",
        name="bioformers/bioformer-16L",
        kind="encoder",
        num_weights=42_000_000,
        licence="apache-2.0",
        reason="As small as 8L, deeper; its authors measure it 0.1 points below PubMedBERT, at twice the speed.",
        safetensors="yes",
    ),
    Suggestion(
        title="BioBERT 1.1",
        name="monologg/biobert_v1.1_pubmed",
        kind="encoder",
        num_weights=108_000_000,
        licence="not stated on the hub; the authors' code is apache-2.0",
        reason="BERT-base read on in PubMed, which two of the papers use; cased. A copy of the authors' model.",
        safetensors="yes",
    ),
    Suggestion(
        title="BioBERT 1.1, the authors' own copy",
        name="dmis-lab/biobert-v1.1",
        kind="encoder",
        num_weights=108_000_000,
        licence="not stated on the hub; the authors' code is apache-2.0",
        reason="The same weights as published by the authors.",
        safetensors="no",
    ),
    Suggestion(
        title="PubMedBERT (now BiomedBERT), abstracts and full text",
        name="microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract-fulltext",
        kind="encoder",
        num_weights=110_000_000,
        licence="mit",
        reason="Trained from nothing on PubMed with a vocabulary of its own: few names are cut to pieces.",
        safetensors="pull request",
        revision="refs/pr/1",
    ),
    Suggestion(
        title="PubMedBERT (now BiomedBERT), abstracts",
        name="microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract",
        kind="encoder",
        num_weights=110_000_000,
        licence="mit",
        reason="The same on abstracts alone, which is what most corpora are made of.",
        safetensors="pull request",
        revision="refs/pr/2",
    ),
    Suggestion(
        title="BioLinkBERT base",
        name="michiyasunaga/BioLinkBERT-base",
        kind="encoder",
        num_weights=108_000_000,
        licence="apache-2.0",
        reason="PubMedBERT's recipe on abstracts beside those they cite; ahead of it on the BLURB benchmark.",
        safetensors="pull request",
        revision="refs/pr/2",
    ),
    Suggestion(
        title="BioLinkBERT large",
        name="michiyasunaga/BioLinkBERT-large",
        kind="encoder",
        num_weights=333_000_000,
        licence="apache-2.0",
        reason="The highest BLURB score of this list, say its authors; slow without a GPU.",
        safetensors="pull request",
        revision="refs/pr/1",
    ),
    Suggestion(
        title="BERT large, uncased",
        name="google-bert/bert-large-uncased",
        kind="encoder",
        num_weights=336_000_000,
        licence="apache-2.0",
        reason="What the DARE paper's members are made of: take it to repeat the paper. Knows general English only.",
        safetensors="yes",
    ),
    Suggestion(
        title="GPT-2 small",
        name="openai-community/gpt2",
        kind="generator",
        num_weights=124_000_000,
        licence=_MODIFIED_MIT,
        reason="The base to begin with: fluent English, and the least to wait for.",
        safetensors="yes",
    ),
    Suggestion(
        title="GPT-2 medium",
        name="openai-community/gpt2-medium",
        kind="generator",
        num_weights=355_000_000,
        licence=_MODIFIED_MIT,
        reason="More fluent than small; slow without a GPU.",
        safetensors="yes",
    ),
    Suggestion(
        title="GPT-2 large",
        name="openai-community/gpt2-large",
        kind="generator",
        num_weights=774_000_000,
        licence=_MODIFIED_MIT,
        reason="The DARE paper's base, which it first trains on PubMed; weights and optimiser take 12 GB.",
        safetensors="yes",
    ),
    Suggestion(
        title="GPT-2 XL",
        name="openai-community/gpt2-xl",
        kind="generator",
        num_weights=1_558_000_000,
        licence=_MODIFIED_MIT,
        reason="The largest GPT-2; weights and optimiser take 25 GB.",
        safetensors="yes",
    ),
    Suggestion(
        title="BioGPT",
        name="microsoft/biogpt",
        kind="generator",
        num_weights=347_000_000,
        licence="mit",
        reason="GPT-2 medium's shape, trained from nothing on PubMed.",
        safetensors="pull request",
        obstacle="Its tokenizer has no fast form, which masks and offsets need. Instead, train a GPT-2 on PubMed text "
        "with `dare pretrain-generator --base openai-community/gpt2`.",
    ),
)


def list_suggestions(kind: PulledKind | None = None, *, only_usable: bool = False) -> list[Suggestion]:
    """Return the suggestions of a kind, or of both; with `only_usable` those that can be pulled as they are."""
    found = [one for one in SUGGESTIONS if kind in (None, one.kind)]
    return [one for one in found if one.command] if only_usable else found


def find_suggestion(name: str) -> Suggestion | None:
    """Return what is known of a model of the hub, or None."""
    return next((one for one in SUGGESTIONS if one.name == name), None)
