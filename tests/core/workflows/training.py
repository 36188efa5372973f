"""A small project to train on, and a run of the whole pipeline in this process."""

from pathlib import Path
from typing import Any

from core.domain import Document, JobKind, Mention, Relation, Sentence, Span, Split, State, SyntheticSentence
from core.workflows.projects import create_project
from core.workflows.retraining.retrain import RetrainPipeline
from db.queries import intake, jobs, synthetic
from db.session import Session
from tests.builders import ignore_progress

CHEMICALS, DISEASES = ("aspirin", "codeine", "ibuprofen"), ("nausea", "rash", "headache", "fever")


def make_document(number: int, split: Split) -> Document:
    """Two reviewed sentences: one that causes, one that treats."""
    chemical, disease = CHEMICALS[number % 3], DISEASES[number % 4]
    first, second = f"{chemical} caused {disease} .", f"{chemical} treated {disease} ."
    text = f"{first} {second} {split} {number}"
    mentions = []
    for start in (0, len(first) + 1):
        head = Span(start, start + len(chemical))
        tail_start = text.index(disease, start)
        mentions += [Mention(head, "Chemical"), Mention(Span(tail_start, tail_start + len(disease)), "Disease")]
    sentences = (
        Sentence(Span(0, len(first)), State.ACCEPTED),
        Sentence(Span(len(first) + 1, len(first) + 1 + len(second)), State.ACCEPTED),
    )
    relations = (Relation(mentions[0], mentions[1], "CID"),)
    return Document(f"{split}-{number}", text, sentences, tuple(mentions), relations, split=split)


def seed_project(session: Session, *, splits: dict[Split, int], synthetic_states: tuple[State, ...] = ()) -> int:
    project_id = create_project(session, "p", template="chemical-disease")
    for split, count in splits.items():
        for number in range(count):
            intake.store_document(session, project_id, make_document(number, split), source_name="t")
    head, tail = Mention(Span(0, 10), "Chemical"), Mention(Span(18, 27), "Disease")
    sentences = [
        SyntheticSentence(f"$CHEMICAL$ caused $DISEASE$ in {n} patients .", "CID", head, tail, state)
        for n, state in enumerate(synthetic_states)
    ]
    synthetic.add_synthetic(session, project_id, sentences)
    session.commit()
    return project_id


def run(session: Session, project_id: int, run_path: Path, **params: object) -> dict[str, Any]:
    """Run the whole pipeline in this process, as a worker would task by task."""
    job = jobs.add_job(session, run_path.name, JobKind.RETRAIN, project_id=project_id, params=dict(params))
    pipeline = RetrainPipeline()
    run_path.mkdir(parents=True)
    for stage in pipeline.prepare(session, job, run_path):
        for task in stage:
            (run_path / task).mkdir()
            pipeline.run_task(task, run_path, run_path / task, ignore_progress)
    result = pipeline.finish(session, job, run_path)
    session.commit()
    return result


FULL = {Split.TRAIN: 12, Split.DEV: 4, Split.TEST: 4}
QUICK = {"num_members": 2, "num_epochs": 8, "learning_rate": 3e-3, "batch_size": 8}
