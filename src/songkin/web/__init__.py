"""The page and the HTTP API: they ask the library and show; nothing is worked out here.

app.py        the application: one library, held open while it serves
deps.py       what handlers ask for: the library, who is asking
security.py   what may come in and what goes out: hosts, origins, headers, the id of a request
problems.py   errors as problem+json (RFC 9457)
api/          /api/v1, one file for each noun
media/        sound, covers and pictures, only by id
pages/        HTML
"""
