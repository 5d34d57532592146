"""From what sources tell to what the library knows: which songs are here already, what is new, what is said of both.

``filing`` stores what one file holds, ``run`` takes the files one by
one, each in a transaction of its own: a file is imported whole or not at all.
"""
