"""The process that shows pages stays light: no page loads a model library."""

import subprocess
import sys
from pathlib import Path

from core.settings import Settings

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
import app
from streamlit.testing.v1 import AppTest
from pages.shell.menu import PAGES

router = AppTest.from_file(str(app.ROUTER), default_timeout=60).run()
assert not router.exception, router.exception
for name, *_ in PAGES:
    router.switch_page(f"../{name}.py").run()
    assert not router.exception, (name, router.exception)
heavy = {"torch", "transformers", "spacy", "accelerate", "safetensors", "huggingface_hub"} & set(sys.modules)
assert not heavy, heavy
"""


def test_no_page_imports_a_model_library(settings: Settings) -> None:  # noqa: ARG001 - the pages need the folder
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
