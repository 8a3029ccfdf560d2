"""Collaborators of validations, built on first use."""

from functools import cache

from openbml.core.wiring import dynamodb_table
from openbml.services.validation.validations_dynamodb import DynamoValidations
from openbml.services.wiring import services_settings


@cache
def validations() -> DynamoValidations:
    return DynamoValidations(dynamodb_table(services_settings().services_table_name))
