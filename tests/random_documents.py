"""Documents of many sentences at random, for tests that compare a quick way of reading them with a plain one."""

from random import Random

from core.domain import Document, EntityType, Mention, Relation, RelationLabel, Schema, Sentence, Span, State

TYPES = ("Chemical", "Disease")
SCHEMA = Schema(
    tuple(map(EntityType, TYPES)),
    (
        RelationLabel("CID", (("Chemical", "Disease"),)),
        RelationLabel("WITH", (("Chemical", "Chemical"), ("Disease", "Disease")), is_symmetric=True),
    ),
)


def make_random_document(rng: Random, *, num_sentences: int = 12) -> Document:
    """Return a document whose mentions lie in sentences, between them and across their ends, in every state."""
    sentences, place = [], rng.randrange(3)
    for _ in range(num_sentences):
        end = place + rng.randint(6, 14)
        sentences.append(Sentence(Span(place, end), rng.choice(list(State))))
        place = end + rng.choice((0, 1, 3))
    text = "".join(rng.choice("ab  c.") for _ in range(place + 2))
    mentions = {_draw_mention(rng, len(text)): None for _ in range(5 * num_sentences)}
    known = list(mentions)
    links = {_draw_relation(rng, known): None for _ in range(4 * num_sentences)}
    return Document(f"d{rng.randrange(3)}", text, tuple(sentences), tuple(known), tuple(links))


def _draw_mention(rng: Random, length: int) -> Mention:
    start = rng.randrange(length - 1)
    end = min(length, start + rng.randint(1, 4))
    return Mention(Span(start, end), rng.choice(TYPES), concept_ids=("D1",), state=rng.choice(list(State)))


def _draw_relation(rng: Random, mentions: list[Mention]) -> Relation:
    head = rng.choice(mentions)
    near = [one for one in mentions if one != head and abs(one.span.start - head.span.start) < 15]
    tail = rng.choice(near or [one for one in mentions if one != head])
    return Relation(head, tail, rng.choice(("CID", "WITH", "OTHER")), state=rng.choice(list(State)))


def make_long_document(num_sentences: int) -> Document:
    """Return a reviewed document with a relation in every sentence."""
    text, sentences, mentions, relations = "", [], [], []
    for number in range(num_sentences):
        start = len(text)
        text += f"Aspirin caused rash in case {number}. "
        sentences.append(Sentence(Span(start, len(text) - 1), State.ACCEPTED if number % 2 else State.PENDING))
        head, tail = Mention(Span(start, start + 7), "Chemical"), Mention(Span(start + 15, start + 19), "Disease")
        mentions += [head, tail]
        relations.append(Relation(head, tail, "CID"))
    return Document("long", text, tuple(sentences), tuple(mentions), tuple(relations))
