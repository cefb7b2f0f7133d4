"""One handler a kind of local step: the `frame` that continues a clip, the `card`, the `archive`, and the `film`.

A handler turns a step and the files behind its references into files, and keeps nothing between two steps. Importing
one is cheap; the media libraries are imported when it runs.
"""
