"""Models by name: a starter, a trained model, or a folder → something that reads sentences."""

from pathlib import Path

from core.ensemble.ensemble import MANIFEST_NAME, Ensemble
from core.ensemble.extraction import Extractor
from core.errors import NotFoundError
from core.starter import list_starters
from core.workflows.prediction.model_cache import ModelCache, find_joint_extractor
from core.workflows.prediction.predict import find_finder
from db.queries import models, projects
from db.session import Session


def load_extractor(name: str, cache: ModelCache, session: Session) -> Extractor:
    """Load a model by the name of a starter, the name of a trained model, or its folder.

    A trained ensemble is given mentions by the promoted joint model of its project, else by the starter.

    Raises:
        NotFoundError: Nothing has that name.
        ModelError: The folder holds no complete model, or only a member of one.
    """
    joint_extractor = find_joint_extractor(name, cache)
    if joint_extractor is not None:
        return joint_extractor
    path = Path(name)
    if (path / MANIFEST_NAME).is_file():
        return _with_finder(cache.get_ensemble_folder(path), None, cache, session)
    trained = models.find_model_by_name(session, name)
    if trained is None:
        shipped = ", ".join(one.name for one in list_starters("joint")) or "none is here"
        raise NotFoundError(
            f"No model {name!r}. Name a starter ({shipped}), a trained model (`dare models list` shows them), "
            "or the folder of one."
        )
    if trained.kind == models.JOINT:
        joint = cache.get_joint(cache.fetch(trained.artifact_key))
        schema = joint.config.to_schema()
        if trained.project_id is not None:
            schema = projects.get_schema(session, trained.project_id)
        return Extractor(schema, joint, None)
    return _with_finder(cache.get_trained(trained), trained.project_id, cache, session)


def _with_finder(ensemble: Ensemble, project_id: int | None, cache: ModelCache, session: Session) -> Extractor:
    finder, _ = find_finder(session, project_id, ensemble.schema, cache)
    return Extractor(ensemble.schema, finder, ensemble)
