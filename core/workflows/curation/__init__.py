"""What people decide: events on sentences and suggestions, in bulk, undone, and how far people agree."""
