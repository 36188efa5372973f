"""Gold documents → labelled instances."""

from core.domain import NO_RELATION, Document, Mention, Relation, Sentence, Span, State
from core.workflows.instances import build_instances
from tests.builders import find_mention, make_drug_schema, make_schema

TEXT = "Aspirin caused nausea but no rash. Codeine relieved cough."


def make_document(
    *relations: tuple[str, str], states: tuple[State, State] = (State.ACCEPTED, State.ACCEPTED)
) -> Document:
    types = {"Aspirin": "Chemical", "nausea": "Disease", "rash": "Disease", "Codeine": "Chemical", "cough": "Disease"}
    mentions = {word: find_mention(TEXT, word, entity_type) for word, entity_type in types.items()}
    sentences = (Sentence(Span(0, 34), states[0]), Sentence(Span(35, len(TEXT)), states[1]))
    links = tuple(Relation(mentions[head], mentions[tail], "CID") for head, tail in relations)
    return Document("d", TEXT, sentences, tuple(mentions.values()), links)


def labels(document: Document) -> dict[tuple[str, str], str | None]:
    found = build_instances([document], make_schema())
    return {(i.head.span.text(i.text), i.tail.span.text(i.text)): i.label for i in found.instances}


def test_every_legal_pair_of_a_reviewed_sentence_is_an_instance() -> None:
    assert labels(make_document(("Aspirin", "nausea"))) == {
        ("Aspirin", "nausea"): "CID",
        ("Aspirin", "rash"): NO_RELATION,
        ("Codeine", "cough"): NO_RELATION,
    }


def test_a_sentence_nobody_reviewed_gives_no_instances_and_no_misses() -> None:
    document = make_document(("Codeine", "cough"), states=(State.ACCEPTED, State.PENDING))
    assert ("Codeine", "cough") not in labels(document)
    assert build_instances([document], make_schema()).unreachable == ()


def test_a_relation_across_sentences_is_unreachable_not_forgotten() -> None:
    found = build_instances([make_document(("Aspirin", "cough"))], make_schema())
    assert [label for _, label in found.unreachable] == ["CID"]


def test_overlapping_mentions_are_unreachable_when_they_are_related() -> None:
    text = "Cocaine addiction."
    head, tail = Mention(Span(0, 7), "Chemical"), Mention(Span(0, 17), "Disease")
    document = Document(
        "d", text, (Sentence(Span(0, 18), State.ACCEPTED),), (head, tail), (Relation(head, tail, "CID"),)
    )
    found = build_instances([document], make_schema())
    assert found.instances == ()
    assert [label for _, label in found.unreachable] == ["CID"]


def test_rejected_mentions_and_pending_relations_take_no_part() -> None:
    head, tail = find_mention(TEXT, "Aspirin", "Chemical"), find_mention(TEXT, "nausea", "Disease")
    rejected = Mention(find_mention(TEXT, "rash", "Disease").span, "Disease", state=State.REJECTED)
    pending = Relation(head, tail, "CID", state=State.PENDING)
    sentences = (Sentence(Span(0, 34), State.ACCEPTED),)
    found = build_instances([Document("d", TEXT, sentences, (head, tail, rejected), (pending,))], make_schema())
    assert [(i.tail.span.text(i.text), i.label) for i in found.instances] == [("nausea", NO_RELATION)]


def test_a_symmetric_relation_matches_its_pair_in_either_order_and_two_labels_leave_one_unreachable() -> None:
    text = "Aspirin and codeine interact."
    first, second = find_mention(text, "Aspirin", "Drug"), find_mention(text, "codeine", "Drug")
    sentences = (Sentence(Span(0, len(text)), State.ACCEPTED),)
    both = (Relation(first, second, "EFFECT"), Relation(first, second, "INT"))
    found = build_instances([Document("d", text, sentences, (first, second), both)], make_drug_schema())
    assert [i.label for i in found.instances] == ["EFFECT", NO_RELATION]  # both directions are candidates
    assert [label for _, label in found.unreachable] == ["INT"]


def test_ids_are_the_same_for_every_reading_of_the_same_pair() -> None:
    first, second = (build_instances([make_document()], make_schema()).instances for _ in range(2))
    assert [i.id for i in first] == [i.id for i in second]
    assert len({i.id for i in first}) == 3
