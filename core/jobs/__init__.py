"""Background jobs: queues, workers, child processes, and what the web process needs to start and stop them."""
