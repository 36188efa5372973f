"""What happens once, before the first page: databases up to date, and a demo where nothing was made yet."""

from core.domain import JobKind
from core.jobs import client
from core.jobs.supervisor import prepare
from core.settings import Settings
from core.workflows.demo import ensure_demo
from db.session import make_engine, session_scope


def prepare_data(settings: Settings) -> None:
    """Migrate both databases and create the demo project on a first start.

    Raises:
        SettingsError: A database cannot be used by this version.
    """
    prepare(settings)
    engine = make_engine(settings.resolved_database_url)
    try:
        with session_scope(engine) as session:
            demo_id = ensure_demo(session)
            if demo_id is not None:
                # Its open sentences carry stand-ins until the shipped model has read them.
                client.enqueue(settings, session, JobKind.PREDICT, project_id=demo_id, params={}, user_id=None)
    finally:
        engine.dispose()
