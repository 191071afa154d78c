"""What the API's modules build their bodies from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A body of a request or an answer: it holds what it names and nothing else."""

    model_config = ConfigDict(extra="forbid")


class Fault(Model):
    """Why it could not be done."""

    detail: str
