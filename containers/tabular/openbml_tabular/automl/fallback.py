"""The model that there is before any other: the best constant, `constant_model` of `models/guarded.py`."""

CODE = "PRIOR"
