"""Synthetic text can never enter dev or test: not by a file, not by a value, not by a row."""

import json

import pytest
import sqlalchemy as sa
from sqlmodel import col

from core.domain import Corpus, Instance, Origin, Split, State
from core.errors import SplitError
from core.formats import read_corpus, write_corpus
from core.workflows.data_in.import_corpus import import_corpus
from core.workflows.data_out.export_synthetic import describe_sentences, write_lines
from core.workflows.documents.instances import synthetic_instance
from db.mapping import synthetic_row
from db.queries import documents, synthetic
from db.session import Session
from db.tables import SyntheticRow
from tests.core.workflows.synthetic_desk import SyntheticDesk, make_judged

HELD_OUT = pytest.mark.parametrize("split", [Split.DEV, Split.TEST])


@HELD_OUT
def test_record_of_a_file_that_sends_it_elsewhere_is_refused_and_nothing_is_kept(split: Split) -> None:
    lines = write_corpus(Corpus(synthetic=(make_judged(1),)), format_name="jsonl").data.decode().splitlines()
    record = json.loads(lines[1]) | {"split": split.value}
    result = read_corpus(f"{lines[0]}\n{json.dumps(record)}".encode(), source="f.jsonl", format_name="jsonl")
    assert result.report.is_refused
    assert "split" in result.report.issues[0].message
    assert result.corpus == Corpus()


@HELD_OUT
def test_import_into_a_held_out_split_leaves_synthetic_sentences_in_train(session: Session, split: Split) -> None:
    desk = SyntheticDesk(session)
    corpus = Corpus(synthetic=(make_judged(1),))
    import_corpus(session, desk.project_id, corpus, source_name="f", split=split, split_sentences=lambda _: [])
    assert list(session.exec(sa.select(SyntheticRow.split))) == [(Split.TRAIN,)]
    assert not list(documents.stream_documents(session, desk.project_id, splits=[split]))


def test_exported_lines_are_not_taken_for_documents(session: Session) -> None:
    desk = SyntheticDesk(session, num_sentences=2)
    data = "".join(write_lines(describe_sentences(session, desk.project_id))).encode()
    assert read_corpus(data, source="out.jsonl").report.is_refused


@HELD_OUT
def test_instance_of_a_held_out_split_cannot_be_made_of_one(split: Split) -> None:
    sentence = make_judged(1)
    assert synthetic_instance(sentence, number=1).split is Split.TRAIN
    with pytest.raises(SplitError, match="synthetic text only trains"):
        Instance("i", sentence.text, sentence.head, sentence.tail, origin=Origin.SYNTHETIC, split=split)


@HELD_OUT
def test_database_refuses_a_row_and_a_change_of_one(session: Session, split: Split) -> None:
    desk = SyntheticDesk(session, num_sentences=1)
    row = synthetic_row(make_judged(2), project_id=desk.project_id, job_id=None)
    row.split = split
    session.add(row)
    with pytest.raises(sa.exc.IntegrityError, match="split_is_train"):
        session.flush()
    session.rollback()
    with pytest.raises(sa.exc.IntegrityError, match="split_is_train"):
        session.exec(sa.update(SyntheticRow).where(col(SyntheticRow.state) == State.PENDING).values(split=split))
    session.rollback()
    assert synthetic.count_queue(session, desk.project_id) == 1
