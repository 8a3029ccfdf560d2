"""What a version's data are like, and new versions made from it by cleaning and augmentation."""
