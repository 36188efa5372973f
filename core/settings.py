"""Settings of one installation, read from `DARE_*` variables and passed in; no module-level instance."""

from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import platformdirs
from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import SettingsError


class Settings(BaseSettings):
    """Where data lives and how the app listens.

    Args:
        home: Folder of everything this installation writes; `DARE_HOME` moves all of it.
        database_url: Database of projects and decisions; SQLite inside `home` by default.
        jobs_database_url: Database of the job engine; on Postgres the same server as `database_url`.
        artifacts_url: Where model files lie, any fsspec URL; a folder inside `home` by default.
        address: Address the page listens on.
        port: Port of the page.
        device: "auto" picks CUDA where it is present.
        worker_name: Unique, stable name of this machine's worker.
        max_upload_megabytes: Largest file the page takes, in megabytes.
        offline: Whether nothing may be asked over a network, whatever a person asks for.
        ncbi_url: Where articles of PubMed and PMC are asked for.
        ncbi_api_key: Key of an NCBI account: ten requests a second instead of three.
        ncbi_email: Address that NCBI can write to; NCBI asks for one.
        ncbi_tool: Name under which NCBI knows this installation.
        ncbi_timeout_seconds: Longest silence of NCBI.

    Raises:
        SettingsError: A value cannot be what it is given as; the message names its variable.
    """

    model_config = SettingsConfigDict(env_prefix="DARE_", frozen=True)

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("dare-curator", appauthor=False)))
    database_url: str = ""
    jobs_database_url: str = ""
    artifacts_url: str = ""
    address: str = "127.0.0.1"
    port: int = 8501
    device: Literal["auto", "cpu", "cuda"] = "auto"
    worker_name: str = "local:0"
    max_upload_megabytes: int = 50
    offline: bool = False
    ncbi_url: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    ncbi_api_key: str = Field(default="", repr=False)
    ncbi_email: str = ""
    ncbi_tool: str = "dare-curator"
    ncbi_timeout_seconds: float = Field(default=60.0, gt=0)

    @model_validator(mode="wrap")
    @classmethod
    def _explain(cls, values: Any, make: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        """Name the variable of each value that cannot be."""
        try:
            return make(values)
        except ValidationError as error:
            faults = [f"DARE_{one['loc'][0]}".upper() + f"={one['input']}: {one['msg']}" for one in error.errors()]
            raise SettingsError(f"{'; '.join(faults)}. Mend or unset what is wrong.") from error

    @cached_property
    def resolved_database_url(self) -> str:
        """The database to use: `database_url`, or SQLite inside `home`."""
        return self.database_url or f"sqlite:///{self.home / 'curator.db'}"

    @cached_property
    def resolved_jobs_database_url(self) -> str:
        """The job engine's database: its own setting, the Postgres of `database_url`, or SQLite inside `home`.

        Raises:
            SettingsError: One SQLite file is to hold both; it has one writer, and a retry writes to both at once.
        """
        if self.jobs_database_url:
            if self.jobs_database_url.startswith("sqlite") and self.jobs_database_url == self.resolved_database_url:
                raise SettingsError("DARE_JOBS_DATABASE_URL must name another SQLite file than DARE_DATABASE_URL.")
            return self.jobs_database_url
        if self.database_url and not self.database_url.startswith("sqlite"):
            return self.database_url
        return f"sqlite:///{self.home / 'jobs.db'}"

    @cached_property
    def resolved_artifacts_url(self) -> str:
        """The artifact store: `artifacts_url`, or a folder inside `home`."""
        return self.artifacts_url or (self.home / "artifacts").absolute().as_uri()

    @property
    def logs_path(self) -> Path:
        """Folder of log files of the worker and of each job."""
        return self.home / "logs"

    @property
    def uploads_path(self) -> Path:
        """Folder where uploaded files wait for their import job."""
        return self.home / "uploads"

    @property
    def articles_path(self) -> Path:
        """Folder of the articles that were fetched, kept so that nobody is asked for them twice."""
        return self.home / "articles"
