"""Home: how far the chosen project is, what to do next, and all projects."""

from pages.components import project_list, project_overview, schema_editor
from pages.components.session import find_current_project, open_session, require_user

require_user()
with open_session() as session:
    project = find_current_project(session)
    if project is not None:
        project_overview.show(session, project)
        schema_editor.show(session, project)
    project_list.show(session, project)
