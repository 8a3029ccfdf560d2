"""Corrects what MiniStack 1.5.33 does to nested stacks, so that they deploy and update as in AWS.

Both corrections reach nested stacks alone: their provisioner looks the two functions up at call time, while
the operations on root stacks hold the originals.
"""

from typing import Any


def correct() -> None:
    _apply_transforms()
    _keep_attributes()


def _apply_transforms() -> None:
    """Transforms are applied to the template of the operation only: a nested one fails with "Unsupported
    resource type: AWS::Serverless::Function"."""
    from ministack.services.cloudformation import engine

    parse = engine._parse_template

    def parse_and_transform(body: str) -> dict[str, Any]:
        template: dict[str, Any] = engine._apply_transforms(parse(body))
        return template

    engine._parse_template = parse_and_transform


def _keep_attributes() -> None:
    """An update of a nested stack forgets the attributes of resources that did not change, and the next
    `Fn::GetAtt` fails with "Requested attribute Arn does not exist"."""
    from ministack.services.cloudformation import _stacks, provisioners

    update = provisioners._update_resource

    def update_keeping_attributes(
        resource_type: str,
        physical_id: str,
        old: dict[str, Any],
        new: dict[str, Any],
        stack_name: str,
        logical_id: str,
    ) -> tuple[str, dict[str, Any]]:
        record = _stacks.get(stack_name, {}).get("_resources", {}).get(logical_id, {})
        known: dict[str, Any] = record.get("Attributes") or {}
        updated_id, attributes = update(resource_type, physical_id, old, new, stack_name, logical_id, known)
        return updated_id, ({**known, **(attributes or {})} if updated_id == physical_id else attributes)

    provisioners._update_resource = update_keeping_attributes
