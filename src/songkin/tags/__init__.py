"""What a sound file says about itself, and what its name and folders let one guess.

Tags come in many dialects: ID3 in five versions, Vorbis comments, MP4 atoms, ASF, APE, RIFF and AIFF chunks. tinytag
reads most of them and keeps several values of one field apart; for the rest, and for what it leaves out, FFmpeg's
reading is asked. Both end in one table of lower-case names and lists of values, from which the fields are taken.

Tags were typed by others: they may be empty, endless, wrong, hostile. Trouble with tags never refuses a file. Every
text is cut to a length, cleaned of control and direction characters and normalised (NFC); HTML stays the text that
it is and is escaped where it is shown. Names are split only where a separator cannot be part of a name: ``AC/DC``
and ``Earth, Wind & Fire`` are one artist each. Pictures are known by their first bytes, not by what a tag claims.

What is guessed from names only fills what the tags left empty, and is marked as guessed.
"""

from songkin.tags.names import guess_from_path, merge
from songkin.tags.read import cover, read_tags

__all__ = ["cover", "guess_from_path", "merge", "read_tags"]
