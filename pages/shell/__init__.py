"""What surrounds the pages: configuration, start, menu and sidebar."""
