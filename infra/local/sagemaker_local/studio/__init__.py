"""Domains, user profiles, spaces, and JupyterLab apps behind a proxy that knows who is signed in."""
