"""Cautions: what a run's owner should know that does not stop the run."""

from pydantic import BaseModel, ConfigDict


class Caution(BaseModel):
    """`code` is for programs, the messages for people."""

    model_config = ConfigDict(frozen=True)

    code: str
    message_en: str
    message_zh: str
