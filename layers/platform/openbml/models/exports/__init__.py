"""Exports of versions as MLflow models: zip archives that stay for a week."""
