"""Collaborators of previews, built on first use."""

from functools import cache

from openbml.core.wiring import dynamodb_table
from openbml.services.performance.previews_dynamodb import DynamoPreviews
from openbml.services.wiring import services_settings


@cache
def previews() -> DynamoPreviews:
    return DynamoPreviews(dynamodb_table(services_settings().services_table_name))
