"""How long a training may take, told from finished trainings of the same project, and how much memory."""

from core.workflows.retraining.retrain_params import RetrainParams
from core.workflows.retraining.training_estimate import estimate_memory_of_workers, find_pace
from db.session import Session
from pages.components.session import get_settings
from pages.components.wording import count, duration, size

UNKNOWN = "How long it takes is shown after the first steps; no finished training of this project tells it yet."


def describe(session: Session, project_id: int, params: RetrainParams) -> str:
    """Return an estimate with what it was measured on, or that there is none."""
    pace = find_pace(session, project_id, params)
    if pace is None:
        return UNKNOWN
    return (
        f"Roughly {duration(pace.expect_seconds(params))}, if the data is as large as last time: "
        f"{count(pace.num_models, 'model')} × {count(pace.num_epochs, 'epoch')} took {duration(pace.seconds)}."
    )


def describe_memory(session: Session, params: RetrainParams) -> str:
    """Return how much memory the training of one model takes on the device of the workers."""
    needed = estimate_memory_of_workers(session, params, get_settings())
    if needed is None:
        return "How much memory it takes can be told once the encoder is on this machine."
    return f"Memory: at most about {size(needed)} for the model in training, if inputs are as long as allowed."
