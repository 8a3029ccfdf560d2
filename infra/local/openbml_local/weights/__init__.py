"""The weights registry: pre-trained weights in the data bucket, where training jobs find them without the
internet.

`weights/{tag}/` holds one file of weights and `index.json`, which says its SHA-256, licence and source. A
run's job gets the folder of the one tag it wants as its channel `weights`.
"""
