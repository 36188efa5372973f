"""What the pages do, `dare` does: every function of a workflow that a page calls is called by a command too."""

import ast
from collections.abc import Iterator
from functools import cache
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


@cache
def functions_of(module: str) -> frozenset[str]:
    """Return the functions that a module defines, without loading it."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def called(path: Path) -> Iterator[str]:
    """Yield "module.function" of what a file takes from the workflows and the job client."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            if not whole.startswith(("core.workflows.", "core.jobs.client")):
                continue
            if (ROOT / f"{whole.replace('.', '/')}.py").is_file():
                modules[alias.asname or alias.name] = whole
            elif alias.name in functions_of(str(node.module)):
                yield f"{str(node.module).rpartition('.')[2]}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            module = modules[node.value.id]
            if node.attr in functions_of(module):
                yield f"{module.rpartition('.')[2]}.{node.attr}"


def all_called(*folders: str) -> set[str]:
    return {name for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) for name in called(path)}


def test_a_command_does_what_a_page_does() -> None:
    pages, commands = all_called("pages"), all_called("core/cli")
    assert not pages - commands - INSTEAD.keys() - ONLY_PAGES.keys()
    assert not set(INSTEAD.values()) - commands
    assert not (INSTEAD.keys() | ONLY_PAGES.keys()) - pages, "these exceptions are none any more"
    assert not (INSTEAD.keys() | ONLY_PAGES.keys()) & commands, "these exceptions are none any more"
