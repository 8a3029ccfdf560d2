"""Cleaning and augmentation of samples: pure, in a preview as in a run; Pillow is all they need."""
