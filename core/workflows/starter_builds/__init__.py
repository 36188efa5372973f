"""How the models that ship are built; nothing else here needs them."""
