"""The script of every page view: page config, menu and sidebar, then the page itself."""

from pathlib import Path

import streamlit as st

from pages.components.session import open_session, require_user, show_missing_project, show_notice
from pages.shell.menu import make_pages
from pages.shell.sidebar import show_sidebar
from pages.shell.theme import STYLES

ASSETS = Path(__file__).parents[1] / "assets"

require_user()
# A local icon, and set first: icons by name are fetched from a server on the internet when they become favicons.
st.set_page_config(page_title="DARE Curator", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.html(STYLES)
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
page = st.navigation(make_pages())
st.set_page_config(page_title=f"{page.title} · DARE Curator")
with open_session() as session:
    show_missing_project(session)
    show_sidebar(session)
show_notice()
page.run()
