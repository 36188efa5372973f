"""Models by name: a starter, a trained model, or a folder → something that reads sentences."""

from pathlib import Path

from core.ensemble.ensemble import MANIFEST_NAME, Ensemble
from core.ensemble.extraction import Extractor
from core.errors import NotFoundError
from core.starter import DEFAULT_STARTER, STARTERS, find_starter, get_starter
from core.training.checkpoints import CONFIG_NAME
from core.workflows.predict import ModelCache
from db.queries import models
from db.session import Session


def load_extractor(name: str, cache: ModelCache, session: Session) -> Extractor:
    """Load a model by the name of a starter, the name of a trained model, or its folder.

    A trained ensemble is given mentions by the starter.

    Raises:
        NotFoundError: Nothing has that name.
        ModelError: The folder holds no complete model.
    """
    starter = find_starter(name)
    path = starter or Path(name)
    if (path / CONFIG_NAME).is_file():
        joint = cache.get_joint(path)
        return Extractor(joint.config.to_schema(), joint, None)
    if (path / MANIFEST_NAME).is_file():
        return _with_finder(cache.get_ensemble_folder(path), cache)
    trained = models.find_model_by_name(session, name)
    if trained is None:
        raise NotFoundError(
            f"No model {name!r}. Name a starter ({', '.join(STARTERS)}), a trained model (`dare doctor` lists them), "
            "or the folder of one."
        )
    return _with_finder(cache.get_ensemble(trained.artifact_key), cache)


def _with_finder(ensemble: Ensemble, cache: ModelCache) -> Extractor:
    return Extractor(ensemble.schema, cache.get_joint(get_starter(DEFAULT_STARTER)), ensemble)
