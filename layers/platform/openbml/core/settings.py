"""Settings: validated once, in wiring, from environment variables of the same name in capitals."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Base: a field `table_name` is read from `TABLE_NAME`; a missing required one names itself."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        fields = {name: env[name.upper()] for name in cls.model_fields if name.upper() in env}
        return cls.model_validate(fields)


class CoreSettings(Settings):
    """What every function has: the template sets these globally."""

    aws_region: str
    event_bus_name: str = "default"
    cursor_secret_arn: str = ""
    public_url_parameter: str = ""
