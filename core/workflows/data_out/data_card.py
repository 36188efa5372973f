"""The data card: what a data set holds, where it is from, who reviewed it, under which guideline and terms."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from core.domain import Corpus, Split
from core.workflows.curation.agreement import get_agreement
from core.workflows.data_out.export import ExportCounts
from db.queries import documents, projects, snapshots
from db.session import Session

_NO_SOURCE = "not stated"
_GUIDELINE = "\n## Guideline\n"


@dataclass(frozen=True, slots=True)
class CardHead:
    """What a card says first: the data set's name, moment, hash, filter and licence."""

    name: str
    created_at: datetime
    content_hash: str
    chosen: Mapping[str, Any]
    licence: str


def make_card(
    session: Session, project_id: int, head: CardHead, corpus: Corpus, counts: ExportCounts, *, num_renamed: int
) -> dict[str, Any]:
    """Return the card of a corpus as JSON; its project tells guideline, sources, reviewers and their agreement."""
    project = projects.get_project(session, project_id)
    source_by_hash = snapshots.get_source_names(session, project_id)
    sources = Counter(source_by_hash.get(documents.get_text_hash(one.text)) or _NO_SOURCE for one in corpus.documents)
    licences = Counter(dict(one.metadata).get("licence", _NO_SOURCE) for one in corpus.documents)
    return {
        "name": head.name,
        "project": project.name,
        "created": head.created_at.isoformat(timespec="seconds"),
        "content_sha256": head.content_hash,
        "filter": dict(head.chosen),
        "licence": head.licence,
        "counts": count_corpus(corpus),
        "by_split": {split.value: _count_split(corpus, split) for split in Split},
        "by_label": _count_labels(corpus),
        "by_entity_type": dict(sorted(Counter(m.entity_type for d in corpus.documents for m in d.mentions).items())),
        "synthetic_share": _synthetic_share(corpus),
        "left_out": dict(sorted(counts.dropped.items())),
        "renamed_documents": num_renamed,
        "sources": dict(sorted(sources.items())),
        "document_licences": dict(sorted(licences.items())),
        "reviewers": {
            role: {"people": people, "decisions": decisions}
            for role, (people, decisions) in snapshots.count_reviewers(session, project_id).items()
        },
        "agreement": get_agreement(session, project_id).to_json(),
        "guideline": project.guideline,
        "schema": corpus.schema.to_json() if corpus.schema else None,
        "software": f"dare-curator {version('dare-curator')}",
    }


def count_corpus(corpus: Corpus) -> dict[str, int]:
    """Return how much a corpus holds, by kind."""
    return {
        "documents": len(corpus.documents),
        "sentences": sum(len(one.sentences) for one in corpus.documents),
        "reviewed_sentences": sum(s.state.is_gold for one in corpus.documents for s in one.sentences),
        "mentions": sum(len(one.mentions) for one in corpus.documents),
        "relations": sum(len(one.relations) for one in corpus.documents),
        "facts": sum(len(one.facts) for one in corpus.documents),
        "synthetic": len(corpus.synthetic),
    }


def _count_split(corpus: Corpus, split: Split) -> dict[str, int]:
    part = tuple(one for one in corpus.documents if one.split is split)
    return count_corpus(Corpus(part, corpus.synthetic if split is Split.TRAIN else ()))


def _count_labels(corpus: Corpus) -> dict[str, dict[str, int]]:
    curated = Counter(relation.label for one in corpus.documents for relation in one.relations)
    synthetic = Counter(one.label for one in corpus.synthetic)
    return {
        label: {"curated": curated[label], "synthetic": synthetic[label]} for label in sorted({*curated, *synthetic})
    }


def _synthetic_share(corpus: Corpus) -> float | None:
    """Return the share of synthetic sentences among these and the reviewed ones, in [0, 1]."""
    counts = count_corpus(corpus)
    total = counts["synthetic"] + counts["reviewed_sentences"]
    return round(counts["synthetic"] / total, 4) if total else None


def split_guideline(text: str) -> tuple[str, str]:
    """Return a card's Markdown before its guideline, whose text is a person's own, and the guideline."""
    before, _, guideline = text.partition(_GUIDELINE)
    return before.strip(), guideline.strip()


def write_card(card: Mapping[str, Any]) -> str:
    """Return a card as Markdown."""
    share = card["synthetic_share"]
    lines = [
        f"# {card['name']}",
        "",
        f"Data of the project {_plain(card['project'])}, as it was on {card['created']}.",
        "",
        f"- SHA-256 of the data: `{card['content_sha256']}`",
        f"- licence: {_plain(card['licence']) or 'not stated'}",
        f"- share of synthetic sentences: {'–' if share is None else f'{share:.1%}'}",
        f"- holds: {_plain(_describe_filter(card['filter']))}",
        f"- written by {card['software']}",
        *_table("Counts", "what", {"all": card["counts"], **card["by_split"]}),
        *_table("Relations", "label", card["by_label"]),
        *_list("Mentions", card["by_entity_type"]),
        *_list("Documents by source", card["sources"]),
        *_list("Documents by licence", card["document_licences"]),
        *_table("Reviewers", "role", card["reviewers"]),
        *_write_agreement(card["agreement"]),
        *_list("Left out", card["left_out"]),
    ]
    if card["renamed_documents"]:
        lines += ["", f"{card['renamed_documents']} documents had the id of another one and got a number after it."]
    lines += [_GUIDELINE, card["guideline"].strip() or "None was written.", ""]
    return "\n".join(lines)


def _describe_filter(chosen: Mapping[str, Any]) -> str:
    """Return a snapshot's filter in words; what is not chosen is not named."""
    splits, labels, reviewer = chosen.get("splits"), chosen.get("labels"), chosen.get("reviewer_id")
    parts = [
        "what people approved" if chosen.get("gold_only") else "what people approved, and suggestions",
        f"splits {', '.join(splits)}" if splits else "all splits",
        f"labels {', '.join(labels)}" if labels else "all labels",
        "accepted synthetic sentences" if chosen.get("include_synthetic") else "no synthetic sentences",
    ]
    return "; ".join([*parts, f"decisions of user {reviewer}"] if reviewer is not None else parts)


def _write_agreement(agreement: Mapping[str, Mapping[str, float | int | None] | None]) -> list[str]:
    lines = ["", "## Agreement between reviewers", ""]
    for name, noun in (("relations", "pairs of mentions"), ("synthetic", "synthetic sentences")):
        found = agreement[name]
        if found is None:
            lines.append(f"- {noun}: not measurable, no two people decided on the same")
            continue
        alpha = "undefined, all decided alike" if found["alpha"] is None else f"{found['alpha']:.2f}"
        lines.append(
            f"- {noun}: {found['items']} decided by two or more people, {found['observed']:.1%} of pairs of decisions "
            f"equal, Krippendorff's alpha {alpha}"
        )
    if any(agreement.values()):
        lines += ["", "Reviewers saw each other's decisions; these are second opinions, not independent ones."]
    return lines


def _table(title: str, corner: str, rows: Mapping[str, Mapping[str, int]]) -> list[str]:
    if not rows:
        return []
    columns = list(next(iter(rows.values())))
    return [
        *("", f"## {title}", ""),
        f"| {corner} | {' | '.join(column.replace('_', ' ') for column in columns)} |",
        "|---" * (len(columns) + 1) + "|",
        *(f"| {_plain(name)} | {' | '.join(str(row[column]) for column in columns)} |" for name, row in rows.items()),
    ]


def _list(title: str, counts: Mapping[str, int]) -> list[str]:
    return (
        ["", f"## {title}", "", *(f"- {_plain(name)}: {number}" for name, number in counts.items())] if counts else []
    )


def _plain(value: object) -> str:
    """Return a value on one line that Markdown shows as it is."""
    text = " ".join(str(value).split())
    return "".join(f"\\{character}" if character in "\\`*_[]<>|" else character for character in text)
