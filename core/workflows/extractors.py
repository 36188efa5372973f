"""Models by name: a starter, a trained model, or a folder → something that reads sentences."""

from pathlib import Path
from typing import TYPE_CHECKING

from core.ensemble.extraction import Extractor
from core.errors import ModelError, NotFoundError
from core.models.joint import ARCHITECTURE
from core.starter import find_starter, list_starters
from core.training.checkpoints import CONFIG_NAME, load_config
from core.workflows.predict import ModelCache, find_finder
from db.queries import models, projects
from db.session import Session

if TYPE_CHECKING:
    from core.ensemble.ensemble import Ensemble


def load_extractor(name: str, cache: ModelCache, session: Session) -> Extractor:
    """Load a model by the name of a starter, the name of a trained model, or its folder.

    A trained ensemble is given mentions by the promoted joint model of its project, else by the starter.

    Raises:
        NotFoundError: Nothing has that name.
        ModelError: The folder holds no complete model, or only a member of one.
    """
    starter = find_starter(name)
    path = starter or Path(name)
    if (path / CONFIG_NAME).is_file():
        if load_config(path).get("architecture") != ARCHITECTURE:
            raise ModelError(f"{name} holds one member of an ensemble; name the folder above it, or a joint model's.")
        joint = cache.get_joint(path)
        return Extractor(joint.config.to_schema(), joint, None)
    # Half a second that a joint model does not need.
    from core.ensemble.ensemble import MANIFEST_NAME

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


def _with_finder(ensemble: "Ensemble", project_id: int | None, cache: ModelCache, session: Session) -> Extractor:
    finder, _ = find_finder(session, project_id, ensemble.schema, cache)
    return Extractor(ensemble.schema, finder, ensemble)
