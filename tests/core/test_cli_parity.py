"""What the pages do, `dare` does: every function of a workflow that a page calls is called by a command too."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What a page calls by itself, and which function a command calls for the same.
INSTEAD = {
    "curate.apply_sentence_event": "decision_file.apply_decisions",
    "curate.apply_synthetic_event": "decision_file.apply_decisions",
    "undo.undo_bulk_step": "undo.undo_step",
    "progress.get_activity": "overview.describe_project",
    "progress.get_suggestion_acceptance": "overview.describe_project",
    "agreement.get_agreement": "overview.describe_project",
    "starters.choose_starter": "overview.describe_project",
    "projects.add_entity_type": "schema_file.add_to_schema",
    "projects.add_relation_label": "schema_file.add_to_schema",
    "generators.list_generators": "catalogue.list_catalogue",
    "sources.list_bases": "catalogue.list_catalogue",
    "sources.list_encoder_names": "catalogue.list_catalogue",
    "model_cards.read_shipped_card": "model_cards.read_card",
    "export.export_project": "export.export_to_path",
    "snapshot_files.zip_files": "snapshot_files.write_files",
}
# What has no sense without a browser.
ONLY_PAGES = {
    "clash.find_clash": "two versions of a card that is open; a command's row is refused and can be sent anew",
    "clash.apply_mine": "the same",
    "replays.find_replayed": "decisions that a browser kept while the server was away",
    "demo.ensure_demo": "the first start of the app",
    "table_columns.find_table_columns": "fills in a form; a command is told the columns that it cannot know",
    "issue_table.write_issues": "a download; a command prints the same remarks, with --json for machines",
    "data_card.split_guideline": "shows a card, which a command prints as it is",
    "acceptance.count_accepted": "adds two numbers for a caption",
}


def called(path: Path) -> Iterator[str]:
    """Yield "module.function" of what a file takes from the workflows and the job client."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(("core.workflows", "core.jobs")):
            continue
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            if whole.startswith("core.jobs.") and not whole.startswith("core.jobs.client"):
                continue
            if (ROOT / f"{whole.replace('.', '/')}.py").is_file():
                modules[alias.asname or alias.name] = whole
            elif inspect.isfunction(getattr(import_module(str(node.module)), alias.name)):
                yield f"{str(node.module).rpartition('.')[2]}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            module = modules[node.value.id]
            if inspect.isfunction(getattr(import_module(module), node.attr, None)):
                yield f"{module.rpartition('.')[2]}.{node.attr}"


def all_called(*folders: str) -> set[str]:
    return {name for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) for name in called(path)}


def test_a_command_does_what_a_page_does() -> None:
    pages, commands = all_called("pages"), all_called("core/cli")
    assert not pages - commands - INSTEAD.keys() - ONLY_PAGES.keys()
    assert not set(INSTEAD.values()) - commands
    assert not (INSTEAD.keys() | ONLY_PAGES.keys()) - pages, "these exceptions are none any more"
    assert not (INSTEAD.keys() | ONLY_PAGES.keys()) & commands, "these exceptions are none any more"
