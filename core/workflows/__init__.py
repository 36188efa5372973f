"""One function a user intention, session first."""
