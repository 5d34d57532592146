"""songkin finds music by meaning and by sound in your own library, and recommends from it."""

__version__ = "0.1.0"
