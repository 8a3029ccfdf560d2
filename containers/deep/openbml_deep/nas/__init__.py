"""Neural architecture search: one supernet of shared weights, and the search for sub-nets in it (spec 03
section 6)."""
