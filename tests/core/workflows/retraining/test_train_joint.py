"""The training of a joint model from documents: what it could not learn from is counted."""

from pathlib import Path

from core.domain import Document, EntityType, Relation, RelationLabel, Schema, Sentence, Span, State
from core.models.joint import JointModel
from core.training.config import TrainingConfig
from core.workflows.retraining.retrain_results import _describe_joint_gaps
from core.workflows.retraining.train_joint import JointRecipe, train_joint
from tests.builders import find_mention, ignore_progress, write_tiny_encoder

PAIR = (("Chemical", "Disease"),)
SCHEMA = Schema(
    (EntityType("Chemical"), EntityType("Disease")), (RelationLabel("CID", PAIR), RelationLabel("WORSE", PAIR))
)
TEXT = "aspirin caused severe nausea ."


def make_document() -> Document:
    """One pair with two labels, and a disease inside a longer one."""
    head, tail = find_mention(TEXT, "aspirin", "Chemical"), find_mention(TEXT, "severe nausea", "Disease")
    mentions = (head, tail, find_mention(TEXT, "nausea", "Disease"))
    relations = (Relation(head, tail, "WORSE"), Relation(head, tail, "CID"))
    return Document("d", TEXT, (Sentence(Span(0, len(TEXT)), State.ACCEPTED),), mentions, relations)


def test_second_labels_and_mentions_without_tags_are_counted_and_told(tmp_path: Path) -> None:
    recipe = JointRecipe(
        encoder=str(write_tiny_encoder(tmp_path / "encoder")),
        training=TrainingConfig(num_epochs=1, batch_size=2, precision="fp32"),
    )
    summary = train_joint(
        recipe, SCHEMA, train_documents=[make_document()], dev_documents=[make_document()],
        out_path=tmp_path / "joint", report=ignore_progress, device="cpu",
    )  # fmt: skip
    counts = {name: summary[f"num_{name}"] for name in ("unread_mentions", "unread_relations", "untagged_mentions")}
    assert counts == {"unread_mentions": 0, "unread_relations": 1, "untagged_mentions": 1}
    relations, mentions = _describe_joint_gaps(summary)
    assert relations.startswith("0 gold mentions and 1 gold relations took no part") and "second label" in relations
    assert mentions.startswith("1 gold mentions inside or across longer ones")

    assert "strict" in summary["threshold"]["protocol"]
    config = JointModel.load(tmp_path / "joint").config
    assert (config.temperature, config.threshold) == (summary["temperature"], summary["threshold"]["threshold"])


def test_gold_that_was_all_read_has_no_note() -> None:
    assert _describe_joint_gaps({"num_unread_mentions": 0, "num_unread_relations": 0, "num_untagged_mentions": 0}) == []
