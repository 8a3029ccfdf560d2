"""Augmentation of training images, of previews as of training itself: Pillow is all it needs.

The operators are the catalogue's (spec 03 section 2.9). Unlike `openbml_formats.operators`, which makes new
samples of a dataset once, these run on every image of every epoch.
"""
