"""From a raw table to the matrix that models see."""
