"""The models of an installation: shipped, pulled and trained ones, and which of them a project uses."""
