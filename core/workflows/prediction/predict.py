"""Predict: the models of a project read its open sentences."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from core.domain import Mention, Schema, SentencePrediction, Span, State
from core.ensemble.consistency import AnnotatedText
from core.ensemble.extraction import Extractor
from core.models.joint import JointModel
from core.training.trainer import Report
from core.workflows.model_library.starters import choose_starter
from core.workflows.pipelines import ignore_progress
from core.workflows.prediction.chunks import chunk_by_document
from core.workflows.prediction.model_cache import ModelCache
from db.queries import annotations, documents, models, predictions, projects
from db.queries.annotations import SentenceView
from db.session import Session

if TYPE_CHECKING:
    from db.queries.jobs import Job

_CHUNK = 64


def make_extractor(session: Session, project_id: int, cache: ModelCache) -> tuple[Extractor, str]:
    """Return the models that a project predicts with, and their name for people.

    A promoted joint model, else the starter, finds the mentions; a promoted ensemble labels the pairs, and
    without one the finder does.
    """
    schema = projects.get_schema(session, project_id)
    finder, finder_name = find_finder(session, project_id, schema, cache)
    promoted = models.find_promoted(session, project_id)
    ensemble = cache.get_trained(promoted) if promoted else None
    return Extractor(schema, finder, ensemble), promoted.name if promoted else finder_name or "none"


def find_finder(
    session: Session, project_id: int | None, schema: Schema, cache: ModelCache
) -> tuple[JointModel | None, str]:
    """Return what finds mentions, with its name: the project's joint model, else the starter that knows most of it."""
    promoted = None if project_id is None else models.find_promoted(session, project_id, kind=models.JOINT)
    if promoted is not None:
        return cache.get_joint(cache.fetch(promoted.artifact_key)), promoted.name
    starter = choose_starter(schema)
    return (cache.get_joint(starter.path), starter.name) if starter else (None, "")


@dataclass(frozen=True, slots=True)
class Predicted:
    """How many sentences were read and stored, with how many mentions and relations, and by which model."""

    model: str
    sentences: int = 0
    mentions: int = 0
    relations: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        return asdict(self)


def predict_project(
    session: Session,
    project_id: int,
    cache: ModelCache,
    report: Report = ignore_progress,
    *,
    document_id: int | None = None,
) -> Predicted:
    """Predict every sentence of a project that no person has reviewed; commits after every chunk.

    Args:
        session: An open session.
        project_id: The project.
        cache: Loaded models; keep it for the next call.
        report: Takes progress.
        document_id: Predict the sentences of this document only.
    """
    sentence_ids = documents.list_pending_sentence_ids(session, project_id, document_id=document_id)
    return predict_sentences(session, project_id, sentence_ids, cache, report)


def predict_sentences(
    session: Session, project_id: int, sentence_ids: Sequence[int], cache: ModelCache, report: Report = ignore_progress
) -> Predicted:
    """Predict sentences and store what no person decided; commits after every chunk."""
    report(0.0, "loading models")
    extractor, name = make_extractor(session, project_id, cache)
    result = Predicted(name)
    owners = documents.find_documents_of_sentences(session, sentence_ids)
    for places in chunk_by_document([owners.get(one) for one in sentence_ids], _CHUNK):
        found = _predict_chunk(session, extractor, sentence_ids[places.start : places.stop])
        stored = predictions.store_predictions(session, found, predicted_by=name)
        session.commit()
        result = replace(
            result,
            sentences=result.sentences + len(stored),
            mentions=result.mentions + sum(len(found[sentence_id].mentions) for sentence_id in stored),
            relations=result.relations + sum(len(found[sentence_id].relations) for sentence_id in stored),
        )
        report(places.stop / len(sentence_ids), f"{places.stop} of {len(sentence_ids)} sentences read")
    return result


def _predict_chunk(
    session: Session, extractor: Extractor, sentence_ids: Sequence[int]
) -> dict[int, SentencePrediction]:
    views = annotations.get_sentence_views(session, sentence_ids)
    owners = [view.document_id for view in views]
    known = [_list_gold_mentions(view) for view in views]
    reviewed = _read_reviewed(session, sorted(set(owners)), known_ids=sentence_ids)
    found = extractor.predict([view.text for view in views], known, owners, reviewed)
    return {view.id: prediction for view, prediction in zip(views, found, strict=True)}


def _read_reviewed(
    session: Session, document_ids: Sequence[int], *, known_ids: Sequence[int]
) -> dict[Hashable, list[AnnotatedText]]:
    """Return the sentences of documents that a person has accepted, but those that are predicted now."""
    ids = documents.list_sentence_ids(session, document_ids, state=State.ACCEPTED)
    reviewed: dict[Hashable, list[AnnotatedText]] = defaultdict(list)
    for view in annotations.get_sentence_views(session, sorted({*ids} - {*known_ids})):
        reviewed[view.document_id].append((view.text, _list_gold_mentions(view)))
    return reviewed


def _list_gold_mentions(view: SentenceView) -> tuple[Mention, ...]:
    return tuple(Mention(Span(m.start, m.end), m.entity_type, state=m.state) for m in view.mentions if m.state.is_gold)


def run_predict(session: Session, job: "Job", cache: ModelCache, report: Report) -> dict[str, object]:
    """Predict every sentence of a project, or of the document that the job names, that no person has reviewed."""
    document_id = job.params.get("document_id")
    return predict_project(session, job.project_id, cache, report, document_id=document_id).to_json()
