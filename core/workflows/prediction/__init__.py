"""Models reading text, in a project and without one, and their scores."""
