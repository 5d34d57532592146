"""Music that songkin makes itself: a small library to try everything on, with nothing to fetch."""
