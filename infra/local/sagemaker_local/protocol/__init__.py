"""The SageMaker wire protocol: model, validation, errors, paging, routes."""
