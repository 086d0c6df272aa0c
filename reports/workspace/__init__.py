"""A copy of the evidence for people who work in folders: eight libraries with their columns.

It is written one way, from Countersign outwards. What stands there proves nothing: a pack does.
"""
