"""Operators of feature engineering: each looks at training rows and leaves steps of the feature map."""
