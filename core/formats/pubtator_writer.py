"""Writes PubTator files so that reading them back gives the same gold mentions, relations and facts."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from core.domain import Corpus, Document, DocumentFact, Mention, Relation, Schema, Source, Split, State
from core.formats.base import ExportReport, WriteResult
from core.formats.losses import count_other_states, count_unreviewed
from core.formats.projection import FACT_ONLY_KEY, FactProjector, get_fact_only
from core.formats.pubtator_lines import (
    NUMBER,
    check_label,
    check_name,
    encode_concepts,
    encode_fact,
    encode_mention,
    encode_names,
    encode_relation,
    is_mentioned,
)
from core.formats.title import TITLE_END_KEY

BREAKING = re.compile(r"[\n\r\t]")
UNWRITABLE_ID = re.compile(r"^[\s{]+|[|\t\r\n\ufeff]")


@dataclass(frozen=True, slots=True)
class _Losses:
    """Counts, by kind, of what PubTator cannot hold and of what it holds altered."""

    dropped: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)


def write_pubtator(corpus: Corpus) -> WriteResult:
    """Write the documents of a corpus; rejected items and synthetic sentences are left out.

    Sentence boundaries are no part of the format: whoever reads the file splits the text again. A
    document whose line breaks became spaces would be split otherwise, so all its relations are stated.

    Raises:
        FormatError: An entity type or label cannot be written in PubTator.
    """
    losses = _Losses()
    losses.dropped["synthetic sentences"] += len(corpus.synthetic)
    losses.dropped["schema"] += int(corpus.schema is not None)
    used_ids: set[str] = set()
    written = [_keep_writable(document, losses, used_ids) for document in corpus.documents]
    lines = [
        line
        for document, kept in zip(corpus.documents, written, strict=True)
        for line in (*_write_document(document, kept, corpus.schema, losses), "")
    ]
    report = ExportReport(
        format_name="pubtator",
        num_documents=len(written),
        num_mentions=sum(len(document.mentions) for document in written),
        num_relations=sum(len(document.relations) for document in written),
        num_facts=sum(len(document.facts) for document in written),
        dropped=dict(+losses.dropped),
        changed=dict(+losses.changed),
    )
    return WriteResult("".join(f"{line}\n" for line in lines).encode(), report)


def _write_document(document: Document, kept: Document, schema: Schema | None, losses: _Losses) -> Iterator[str]:
    """Yield the lines of one document: text, mentions, facts, and relations that no fact implies."""
    title_end = _find_title_end(document)
    title, abstract = (kept.text, "") if title_end is None else (kept.text[:title_end], kept.text[title_end + 1 :])
    yield f"{kept.id}|t|{title}"
    yield f"{kept.id}|a|{abstract}"
    for mention in kept.mentions:
        yield encode_mention(kept.id, mention, mention.span.text(kept.text))
    implied_by_fact = _project(document, kept, schema)
    for fact in kept.facts:
        line = encode_fact(kept.id, fact, is_fact_only=fact not in implied_by_fact)
        if line is not None:
            yield line
    implied = {relation for relations in implied_by_fact.values() for relation in relations}
    span_counts = Counter(mention.span for mention in kept.mentions)
    shared_spans = {span for span, count in span_counts.items() if count > 1}
    for relation in kept.relations:
        if relation not in implied:
            yield encode_relation(kept.id, relation, shared_spans=shared_spans)
        is_same = relation.source is (Source.PROJECTED if relation in implied else Source.IMPORT)
        losses.dropped["sources"] += int(not is_same)


def _project(document: Document, kept: Document, schema: Schema | None) -> dict[DocumentFact, tuple[Relation, ...]]:
    """Return the facts that a reader may project, with the relations it will find.

    A fact may be projected when all that it implies is gold; otherwise its relations are stated one by one.
    """
    if kept.text != document.text:
        return {}
    projector = FactProjector(kept, schema)
    concepts = {concept_id for mention in kept.mentions for concept_id in mention.concept_ids}
    stated = set(kept.relations)
    fact_only = get_fact_only(document)
    implied_by_fact = {}
    for fact in kept.facts:
        relations = projector.project(fact)
        is_known = all(is_mentioned(concept, concepts) for concept in (fact.head_concept, fact.tail_concept))
        if is_known and fact not in fact_only and stated.issuperset(relations):
            implied_by_fact[fact] = relations
    return implied_by_fact


def _keep_writable(document: Document, losses: _Losses, used_ids: set[str]) -> Document:
    """Return the document as the file will hold it, and count what that leaves out."""
    text = _make_text(document)
    num_changed = sum(old != new for old, new in zip(document.text, text, strict=True))
    losses.changed["white space characters"] += num_changed
    mentions = _keep_mentions(document, losses)
    kept = replace(
        document,
        id=_make_id(document.id, used_ids, losses),
        text=text,
        mentions=mentions,
        relations=_keep_relations(document, set(mentions), losses),
        facts=_keep_facts(document, losses),
    )
    other_metadata = {key for key, _ in document.metadata} - {TITLE_END_KEY, FACT_ONLY_KEY}
    losses.dropped["metadata entries"] += len(other_metadata)
    losses.dropped["splits"] += int(document.split is not Split.TRAIN)
    losses.dropped["sentence flags"] += sum(sentence.is_flagged for sentence in document.sentences)
    losses.dropped["sentence comments"] += sum(bool(sentence.comment) for sentence in document.sentences)
    losses.dropped["sentence states"] += count_other_states(document)
    if kept.mentions or kept.facts:  # a document without any waits for review again
        losses.changed.update(count_unreviewed(kept))
    states = [item.state for items in (kept.mentions, kept.relations) for item in items]
    losses.dropped["review states"] += sum(state is not State.ACCEPTED for state in states)
    scores = [item.score for items in (kept.mentions, kept.relations) for item in items]
    losses.dropped["scores"] += sum(score is not None for score in scores)
    losses.dropped["sources"] += sum(mention.source is not Source.IMPORT for mention in kept.mentions)
    return kept


def _keep_mentions(document: Document, losses: _Losses) -> tuple[Mention, ...]:
    kept: dict[Mention, Mention] = {}
    for mention in document.mentions:
        if mention.state is State.REJECTED:
            losses.dropped["rejected mentions"] += 1
            continue
        if mention in kept:
            losses.dropped["duplicate mentions"] += 1
            continue
        check_name(mention.entity_type, "Entity type")
        written = mention
        if encode_concepts(mention.concept_ids) is None:
            losses.dropped["concept ids"] += len(mention.concept_ids)
            written = replace(written, concept_ids=())
        if encode_names(mention.names) is None:
            losses.dropped["names"] += len(mention.names)
            written = replace(written, names=())
        kept[mention] = written
    return tuple(kept.values())


def _keep_relations(document: Document, mentions: set[Mention], losses: _Losses) -> tuple[Relation, ...]:
    kept: dict[Relation, None] = {}
    for relation in document.relations:
        ends = (relation.head, relation.tail)
        if relation.state is State.REJECTED:
            losses.dropped["rejected relations"] += 1
        elif any(end.state is State.REJECTED or end not in mentions for end in ends):
            losses.dropped["relations of rejected mentions"] += 1
        elif relation in kept:
            losses.dropped["duplicate relations"] += 1
        else:
            check_label(relation.label)
            kept[relation] = None
    return tuple(kept)


def _keep_facts(document: Document, losses: _Losses) -> tuple[DocumentFact, ...]:
    kept = tuple(
        fact for fact in dict.fromkeys(document.facts) if encode_fact(document.id, fact, is_fact_only=False) is not None
    )
    losses.dropped["facts"] += len(document.facts) - len(kept)
    return kept


def _make_text(document: Document) -> str:
    """Return the text with every character that would end a line or column as a space."""
    text = BREAKING.sub(" ", document.text)
    title_end = _find_title_end(document)
    return text if title_end is None else f"{text[:title_end]} {text[title_end + 1 :]}"


def _find_title_end(document: Document) -> int | None:
    """Return where the one character between title and abstract stands, or None without a boundary."""
    text = document.text
    value = dict(document.metadata).get(TITLE_END_KEY, "")
    if NUMBER.fullmatch(value):
        end = int(value)
    elif document.sentences:
        end = document.sentences[0].span.end
        if text[end + 1 : end + 2].isspace():
            return None
    else:
        return None
    has_abstract = 0 <= end < len(text) - 1
    return end if has_abstract and text[end].isspace() else None


def _make_id(wanted: str, used_ids: set[str], losses: _Losses) -> str:
    """Return a document id that fits on a line and is not used yet."""
    base = UNWRITABLE_ID.sub("_", wanted) or "document"
    document_id, number = base, 1
    while document_id in used_ids:
        number += 1
        document_id = f"{base}-{number}"
    used_ids.add(document_id)
    losses.changed["document ids"] += int(document_id != wanted)
    return document_id
