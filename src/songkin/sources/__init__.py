"""What songkin reads: folders of sound (``folder``), and everything that ``songkin import`` takes.

A source is one file with three things: ``KIND``, its name; ``owns(given) -> bool``, whether a file is of its kind, told
from its name and its first bytes; ``read(given, options) -> Records``, what stands in it. Reading raises ``SourceError``
where the file as a whole is broken (then nothing of it is kept) and yields a ``BadRow`` for each row that is.
"""
