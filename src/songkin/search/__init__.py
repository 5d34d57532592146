"""Questions to answers: what is meant, which vectors ask for it, what the engine found, in which order it is shown."""
