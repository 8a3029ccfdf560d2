"""Lets MiniStack expand `AWS::Serverless` resources in nested stacks, as CloudFormation does.

MiniStack 1.5.33 applies transforms to the template of the operation only; a nested template is parsed and then
fails with "Unsupported resource type: AWS::Serverless::Function". Its provisioner looks the parser up at call
time, while the operations hold the original, so replacing it in the engine changes nested stacks alone.
"""

from typing import Any


def apply_in_nested_stacks() -> None:
    from ministack.services.cloudformation import engine

    parse = engine._parse_template

    def parse_and_transform(body: str) -> dict[str, Any]:
        template: dict[str, Any] = engine._apply_transforms(parse(body))
        return template

    engine._parse_template = parse_and_transform
