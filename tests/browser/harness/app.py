"""A server for browser tests of the span editor: its cards live in session state, there is no database."""

import sys
from pathlib import Path

import streamlit as st

app = st.App(Path(__file__).parent / "deck_page.py")

if __name__ == "__main__":
    app.run(
        config={
            "server.address": "127.0.0.1",
            "server.port": int(sys.argv[1]),
            "server.headless": True,
            "server.fileWatcherType": "none",
            "browser.gatherUsageStats": False,
            "client.toolbarMode": "viewer",
            "runner.postScriptGC": False,
            **({"theme.base": sys.argv[2]} if len(sys.argv) > 2 else {}),
        }
    )
