"""Performance preview: how fast a model version answers, measured once and shown before it is deployed."""
