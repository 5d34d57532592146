"""What is made of songs for eyes and browsers: covers, waveforms, spectrograms, copies that every browser plays.

    studio.py    where all of these come together
    kept.py      files that are made once, and go again when there are too many
    covers.py    pictures out of tags and folders, made small
    drawn.py     a cover for songs that have none
    outlines.py  one decode gives peaks and spectrogram
    clips.py     recordings that were uploaded

Sound and pictures from anywhere are read in processes of their own (``confined``).
"""
