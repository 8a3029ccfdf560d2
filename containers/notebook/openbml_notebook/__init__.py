"""JupyterLab as the app of a space."""
