"""Predict: the models of a project, kept loaded, read its open sentences."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.artifacts import ArtifactStore
from core.domain import Mention, Schema, SentencePrediction, Span
from core.ensemble.extraction import Extractor
from core.errors import ModelError
from core.models.joint import JointModel
from core.settings import Settings
from core.starter import DEFAULT_STARTER, get_starter
from core.training.trainer import Report, pick_device
from core.workflows.parsers import AUTO, load_parser
from core.workflows.pipelines import ignore_progress
from core.workflows.starters import choose_starter
from db.queries import annotations, documents, models, predictions, projects
from db.queries.models import ModelView
from db.session import Session

if TYPE_CHECKING:
    from core.ensemble.ensemble import Ensemble
    from db.queries.jobs import Job

_MAX_LOADED = 4
_CHUNK = 64


class ModelCache:
    """Loaded models of one process; the least recently used goes when there are too many.

    Args:
        settings: Where artifacts lie and which device to use.
    """

    def __init__(self, settings: Settings) -> None:
        self._store = ArtifactStore(settings.resolved_artifacts_url, cache_path=settings.home / "artifact-cache")
        self.device = pick_device(settings.device)
        self._loaded: OrderedDict[Path, JointModel | Ensemble] = OrderedDict()

    def warm_up(self) -> None:
        """Load the starter and read one sentence, so that the first real one does not wait."""
        self.get_joint(get_starter(DEFAULT_STARTER)).predict(["Aspirin relieved the headache."])

    def get_joint(self, path: Path) -> JointModel:
        """Return the joint model of a folder, loading it if needed."""
        model = self._get(path, lambda: JointModel.load(path).to(self.device))
        if not isinstance(model, JointModel):
            raise ModelError(f"{path} holds an ensemble, not a joint model.")
        return model

    def fetch(self, artifact_key: str) -> Path:
        """Return the local folder of an artifact key.

        Raises:
            NotFoundError: Nothing lies under the key.
        """
        return self._store.fetch(artifact_key)

    def get_trained(self, trained: ModelView) -> "Ensemble":
        """Return a trained ensemble, loading it if needed.

        Members that read parses get those of the parser that the training was asked for. "auto" may be another
        one by now, or on this machine; then the log says which one they were trained with.
        """
        return self.get_ensemble_folder(self.fetch(trained.artifact_key), parser=trained.settings.get("parser", AUTO))

    def get_ensemble_folder(self, path: Path, *, parser: str = AUTO) -> "Ensemble":
        """Return the ensemble of a folder, loading it if needed."""
        # What ensembles need beside a joint model takes half a second to load, and most predictions need none.
        from core.ensemble.ensemble import Ensemble

        model = self._get(path, lambda: Ensemble.load(path, device=self.device, get_parser=lambda: load_parser(parser)))
        if not isinstance(model, Ensemble):
            raise ModelError(f"{path} holds a joint model, not an ensemble.")
        return model

    def _get(self, path: Path, load: "Callable[[], JointModel | Ensemble]") -> "JointModel | Ensemble":
        if path not in self._loaded:
            self._loaded[path] = load()
        self._loaded.move_to_end(path)
        while len(self._loaded) > _MAX_LOADED:
            self._loaded.popitem(last=False)
        return self._loaded[path]


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
    session: Session, project_id: int, cache: ModelCache, report: Report = ignore_progress
) -> Predicted:
    """Predict every sentence of a project that no person has reviewed; commits after every chunk.

    Args:
        session: An open session.
        project_id: The project.
        cache: Loaded models; keep it for the next call.
        report: Takes progress.
    """
    sentence_ids = documents.list_pending_sentence_ids(session, project_id)
    return predict_sentences(session, project_id, sentence_ids, cache, report)


def predict_sentences(
    session: Session, project_id: int, sentence_ids: Sequence[int], cache: ModelCache, report: Report = ignore_progress
) -> Predicted:
    """Predict sentences and store what no person decided; commits after every chunk."""
    report(0.0, "loading models")
    extractor, name = make_extractor(session, project_id, cache)
    result = Predicted(name)
    for start in range(0, len(sentence_ids), _CHUNK):
        chunk = sentence_ids[start : start + _CHUNK]
        found = _predict_chunk(session, extractor, chunk)
        stored = predictions.store_predictions(session, found, predicted_by=name)
        session.commit()
        result = replace(
            result,
            sentences=result.sentences + len(stored),
            mentions=result.mentions + sum(len(found[sentence_id].mentions) for sentence_id in stored),
            relations=result.relations + sum(len(found[sentence_id].relations) for sentence_id in stored),
        )
        done = min(start + _CHUNK, len(sentence_ids))
        report(done / len(sentence_ids), f"{done} of {len(sentence_ids)} sentences read")
    return result


def _predict_chunk(
    session: Session, extractor: Extractor, sentence_ids: Sequence[int]
) -> dict[int, SentencePrediction]:
    views = annotations.get_sentence_views(session, sentence_ids)
    known = [
        tuple(Mention(Span(m.start, m.end), m.entity_type, state=m.state) for m in view.mentions if m.state.is_gold)
        for view in views
    ]
    found = extractor.predict([view.text for view in views], known)
    return {view.id: prediction for view, prediction in zip(views, found, strict=True)}


def run_predict(session: Session, job: "Job", cache: ModelCache, report: Report) -> dict[str, object]:
    """Predict every sentence of a project that no person has reviewed."""
    return predict_project(session, job.project_id, cache, report).to_json()
