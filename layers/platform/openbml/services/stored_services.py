"""Services as they were stored before they could have two versions online."""

from typing import Any

from openbml.services.deployments import Deployment


def with_main_deployment(document: Any) -> Any:
    """Return what a service is made from; older ones carry their deployment's members themselves."""
    if not isinstance(document, dict) or "main" in document or "wanted" not in document:
        return document
    main = {name: document[name] for name in Deployment.model_fields if name in document}
    main = {"deployment_id": str(document["service_id"]), **main, "ended": None}
    others = {name: value for name, value in document.items() if name not in main}
    return {**others, "main": main, "revisions": document.get("revision", 1)}
