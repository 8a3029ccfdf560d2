"""Tables: what training and serving share, with numpy only."""
