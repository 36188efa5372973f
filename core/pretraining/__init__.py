"""Training of language models on a stream of plain text: blocks, budget, checkpoints, validation."""
