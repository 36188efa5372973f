"""Models of one process, kept loaded. Loads no database: half a second that a shipped model does not need."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from core.artifacts import ArtifactStore
from core.ensemble.extraction import Extractor
from core.errors import ModelError
from core.models.joint import ARCHITECTURE, JointModel
from core.settings import Settings
from core.starter import DEFAULT_STARTER, find_starter, get_starter
from core.training.checkpoints import CONFIG_NAME, load_config
from core.training.trainer import pick_device
from core.workflows.prediction.parsers import AUTO, load_parser

if TYPE_CHECKING:
    from core.ensemble.ensemble import Ensemble
    from db.queries.models import ModelView

_MAX_LOADED = 4


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

    def get_trained(self, trained: "ModelView") -> "Ensemble":
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


def find_joint_extractor(name: str, cache: ModelCache) -> Extractor | None:
    """Return a starter or the joint model of a folder as something that reads sentences; None where `name` is neither.

    Raises:
        ModelError: The folder holds a member of an ensemble, or no complete model.
    """
    path = find_starter(name) or Path(name)
    if not (path / CONFIG_NAME).is_file():
        return None
    if load_config(path).get("architecture") != ARCHITECTURE:
        raise ModelError(f"{name} holds one member of an ensemble; name the folder above it, or a joint model's.")
    joint = cache.get_joint(path)
    return Extractor(joint.config.to_schema(), joint, None)
