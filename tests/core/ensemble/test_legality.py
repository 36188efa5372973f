"""Classes that a pair cannot have take nothing from those it can."""

import numpy as np

from core.domain import EntityType, Instance, RelationLabel, Schema
from core.ensemble.legality import keep_legal, legal_classes
from core.ensemble.voting import probabilities, vote
from tests.builders import find_mention

TEXT = "Aspirin , nausea and COX1"
SCHEMA = Schema(
    (EntityType("Drug"), EntityType("Disease"), EntityType("Gene")),
    (
        RelationLabel("TREATS", (("Drug", "Disease"),)),
        RelationLabel("INHIBITS", (("Drug", "Gene"),)),
        RelationLabel("LINKED", (("Gene", "Disease"), ("Drug", "Drug")), is_symmetric=True),
    ),
)
DRUG, DISEASE, GENE = (
    find_mention(TEXT, *one) for one in (("Aspirin", "Drug"), ("nausea", "Disease"), ("COX1", "Gene"))
)


def test_a_class_is_legal_by_the_types_of_a_pair_and_a_symmetric_one_in_text_order_only() -> None:
    pairs = [(DRUG, DISEASE), (DISEASE, DRUG), (DRUG, GENE), (DISEASE, GENE), (GENE, DISEASE)]
    instances = [Instance(str(number), TEXT, head, tail) for number, (head, tail) in enumerate(pairs)]
    assert legal_classes(SCHEMA, instances).tolist() == [
        [True, True, False, False],
        [True, False, False, False],
        [True, False, True, False],
        [True, False, False, True],
        [True, False, False, False],
    ]
    assert legal_classes(SCHEMA, []).shape == (0, 4)


def test_an_impossible_label_loses_to_a_possible_one_that_is_less_probable() -> None:
    logits = np.log([[[0.05, 0.40, 0.55, 0.0001]]])  # (members, instances, classes)
    legal = legal_classes(SCHEMA, [Instance("1", TEXT, DRUG, DISEASE)])
    for is_multilabel in (False, True):
        scores = probabilities(keep_legal(logits, legal), is_multilabel=is_multilabel)
        assert scores[0, 0, 2:].tolist() == [0.0, 0.0]
        found = vote(scores, threshold=0.2, is_multilabel=is_multilabel)
        assert found.given.tolist() == [[False, True, False, False]]
        assert np.isfinite([found.scores[0], found.uncertainty[0], found.disagreement[0]]).all()
