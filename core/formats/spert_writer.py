"""Writes SpERT's JSON: an array of sentences as tokens, entities and relations, ends exclusive in tokens."""

import json
from typing import Any

from core.domain import Corpus, Document, Mention
from core.formats.base import WriteResult
from core.formats.losses import Losses, keep_standing
from core.formats.one_per_sentence import CutSentence, cut_sentences
from core.formats.one_sentence import make_sentence_document
from core.formats.tokens import TokenIndex, find_tokens


def write_spert_json(corpus: Corpus) -> WriteResult:
    """Write every sentence as one item; white space is not kept, since its readers join tokens by single spaces."""
    losses = Losses()
    losses.count_corpus(corpus)
    items: list[dict[str, Any]] = []
    written: list[Document] = []
    for document in corpus.documents:
        kept = keep_standing(document, losses)
        for sentence in cut_sentences(kept, losses):
            if not sentence.text.strip():
                continue
            item, mentions = _make_item(sentence, losses)
            items.append({**item, "orig_id": document.id})
            relations = [one for one in sentence.relations if one.head in mentions and one.tail in mentions]
            written.append(make_sentence_document(document.id, sentence.text, mentions, relations))
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return losses.make_result("spert-json", f"[\n{lines}\n]\n".encode(), written)


def _make_item(sentence: CutSentence, losses: Losses) -> tuple[dict[str, Any], list[Mention]]:
    """Return the item, and the mentions that it holds."""
    tokens = find_tokens(sentence.text, [mention.span for mention in sentence.mentions])
    index = TokenIndex(tokens)
    words = [token.text(sentence.text) for token in tokens]
    losses.changed["sentences whose white space is lost"] += " ".join(words) != sentence.text
    places: dict[Mention, tuple[int, int]] = {}
    for mention in sentence.mentions:
        covered = index.find(mention.span)
        if covered is None:
            losses.dropped["mentions without a word"] += 1
        else:
            places[mention] = covered
    numbers = {mention: number for number, mention in enumerate(places)}
    held = [one for one in sentence.relations if one.head in numbers and one.tail in numbers]
    losses.dropped["relations of mentions without a word"] += len(sentence.relations) - len(held)
    item = {
        "tokens": words,
        "entities": [{"type": m.entity_type, "start": start, "end": end} for m, (start, end) in places.items()],
        "relations": [{"type": one.label, "head": numbers[one.head], "tail": numbers[one.tail]} for one in held],
    }
    return item, list(places)
