"""Plain training scripts that follow published recipes, to hold our training against; `recipes.md` names
their sources."""
