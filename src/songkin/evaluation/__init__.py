"""How good songkin is, measured on music that anyone can name: tasks and metrics, each beside its baselines."""
