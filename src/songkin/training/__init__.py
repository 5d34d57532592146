"""What a library learns from what it holds: models of its own, each judged on what it was not trained on."""
