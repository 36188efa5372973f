"""Retraining as a pipeline: data from the database, members in tasks, a candidate model at the end."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.domain import Document, EntityType, RelationLabel, Schema, Sentence, Span, Split, State
from core.ensemble.dataset import Dataset
from core.ensemble.ensemble import Ensemble
from core.errors import ModelError, NotEnoughDataError
from core.training.trainer import pick_device
from core.workflows.prediction.parsers import load_parser
from core.workflows.projects import create_project
from core.workflows.retraining.retrain_data import collect_dataset
from core.workflows.retraining.retrain_params import RetrainParams
from core.workflows.retraining.shipped import label_as_shipped
from db.queries import intake, models
from db.session import Session
from tests.builders import find_mention, make_drug_schema, write_tiny_encoder
from tests.core.workflows.training import FULL, QUICK, run, seed_project


def test_a_run_ends_in_a_candidate_with_named_scores_and_members(session: Session, tmp_path: Path) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder")
    project_id = seed_project(session, splits=FULL, synthetic_states=(State.ACCEPTED,) * 3)
    result = run(session, project_id, tmp_path / "runs" / "job-a", encoder=str(encoder), **QUICK)
    assert result["split"] == "test"
    assert "mentions given" in str(result["protocol"])
    (model,) = models.list_models(session, project_id)
    assert model.state == "candidate"
    assert model.metrics["scores"]["by_label"]["CID"]["f1"] == result["f1"]
    assert model.metrics["num_items"] == 8
    assert [member.seed for member in models.list_members(session, model.id)] == [0, 1]
    found = models.find_run(session, "job-a")
    assert found is not None
    assert found.data_hash == model.metrics["data_hash"]
    assert found.versions["torch"]


def test_the_shipped_model_labels_the_same_pairs_so_that_a_first_training_can_be_weighed(
    session: Session, tmp_path: Path
) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder")
    project_id = seed_project(session, splits=FULL)
    run(session, project_id, tmp_path / "job-s", encoder=str(encoder), **QUICK)
    result = json.loads((tmp_path / "job-s" / "evaluate" / "result.json").read_text())
    shipped = result["shipped"]
    assert shipped["name"] == "starter-chemical-disease"
    assert shipped["labels"].keys() == result["gold_labels"].keys()
    # It knows that a drug which causes a disease is not one that treats it.
    assert shipped["scores"]["micro"]["f1"] > 0.7
    (model,) = models.list_models(session, project_id)
    assert "shipped" not in model.metrics


def test_no_shipped_model_is_scored_where_none_knows_a_label() -> None:
    schema = Schema((EntityType("Disease"),), (RelationLabel("LINKED", (("Disease", "Disease"),)),))
    dataset = Dataset(schema, (), (), (), (), {})
    assert label_as_shipped(dataset, Split.DEV, device="cpu") is None
    other = replace(dataset, schema=make_drug_schema())
    assert label_as_shipped(other, Split.DEV, device="cpu") is None


def test_the_trained_ensemble_loads_and_labels(session: Session, tmp_path: Path) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder")
    project_id = seed_project(session, splits=FULL)
    run(session, project_id, tmp_path / "job-b", encoder=str(encoder), **{**QUICK, "num_epochs": 40})
    ensemble = Ensemble.load(tmp_path / "job-b", device=pick_device("cpu"), get_parser=load_parser)
    dataset = Dataset.load(tmp_path / "job-b" / "dataset.json")
    verdicts = ensemble.classify(dataset.test)
    assert [verdict.label for verdict in verdicts] == [instance.label for instance in dataset.test]


def test_the_same_seed_gives_the_same_logits(session: Session, tmp_path: Path) -> None:
    encoder = write_tiny_encoder(tmp_path / "encoder")
    project_id = seed_project(session, splits=FULL)
    logits = []
    for name in ("job-c", "job-d"):
        run(session, project_id, tmp_path / name, encoder=str(encoder), **{**QUICK, "num_members": 1, "num_epochs": 2})
        logits.append(np.load(tmp_path / name / "member-1" / "logits.npz")["test_logits"])
    assert np.array_equal(logits[0], logits[1])


def test_only_accepted_synthetic_sentences_train_and_only_in_train(session: Session) -> None:
    states = (State.ACCEPTED, State.PENDING, State.REJECTED, State.CORRECTED)
    project_id = seed_project(session, splits=FULL, synthetic_states=states)
    dataset, _ = collect_dataset(session, project_id)
    assert [instance.text[28:37] for instance in dataset.synthetic] == ["in 0 pati", "in 3 pati"]
    assert not any("$" in instance.text for instance in (*dataset.train, *dataset.dev, *dataset.test))


def test_without_dev_and_test_documents_some_are_held_out_and_the_notes_say_so(session: Session) -> None:
    project_id = seed_project(session, splits={Split.TRAIN: 10})
    dataset, notes = collect_dataset(session, project_id)
    assert (len(dataset.train), len(dataset.dev), len(dataset.test)) == (14, 6, 0)
    assert notes[0].startswith("No dev documents: 3 of the train documents were held out")
    assert notes[1].startswith("No test documents")
    again, _ = collect_dataset(session, project_id)
    assert again.content_hash == dataset.content_hash


def test_a_synthetic_sentence_that_repeats_what_is_held_out_now_trains_nothing(session: Session) -> None:
    project_id = seed_project(session, splits=FULL, synthetic_states=(State.ACCEPTED, State.ACCEPTED))
    dataset, notes = collect_dataset(session, project_id)
    first, second = dataset.synthetic
    text = first.text.replace("$CHEMICAL$", "aspirin").replace("$DISEASE$", "nausea")
    head, tail = find_mention(text, "aspirin", "Chemical"), find_mention(text, "nausea", "Disease")
    later = Document("later", text, (Sentence(Span(0, len(text)), State.ACCEPTED),), (head, tail), split=Split.TEST)
    intake.store_document(session, project_id, later, source_name="later")
    dataset, told = collect_dataset(session, project_id)
    assert [one.text for one in dataset.synthetic] == [second.text]
    assert [note for note in told if note not in notes] == [
        "Left out of the accepted synthetic sentences, as near copies of dev or test ones: 1."
    ]


def test_a_sentence_that_stands_in_train_and_test_is_told(session: Session) -> None:
    project_id = seed_project(session, splits={Split.TRAIN: 12, Split.DEV: 4})
    _, before = collect_dataset(session, project_id)
    assert any("8 pairs of train stand in sentences that dev or test have" in note for note in before)


def test_a_project_without_reviewed_pairs_is_refused_with_a_remedy(session: Session) -> None:
    project_id = create_project(session, "empty", template="chemical-disease")
    with pytest.raises(NotEnoughDataError, match="review sentences on the Annotate page"):
        collect_dataset(session, project_id)


def test_unknown_and_impossible_parameters_are_refused() -> None:
    with pytest.raises(ModelError, match=r"Unknown training parameters \['speed'\]"):
        RetrainParams.from_json({"speed": 9})
    with pytest.raises(ModelError, match="Unknown method 'magic'"):
        RetrainParams.from_json({"method": "magic"})
    with pytest.raises(ModelError, match="1 to 50 members"):
        RetrainParams.from_json({"num_members": 0})


def test_a_dataset_survives_its_file(session: Session, tmp_path: Path) -> None:
    project_id = seed_project(session, splits=FULL, synthetic_states=(State.ACCEPTED,))
    dataset, _ = collect_dataset(session, project_id)
    dataset.save(tmp_path / "dataset.json")
    assert Dataset.load(tmp_path / "dataset.json") == dataset
    changed = replace(dataset, train=dataset.train[1:])
    assert changed.content_hash != dataset.content_hash
