"""Bodies of the operations: the manual's fields, checked in their order, each with its documented code.

Own images need a user resource pool, which this platform does not have yet: `env_type` CCR, OUTERIMAGE and
CUSTOM are refused. `DEFAULT`, known from the API of training jobs, takes a model of the repository, which
brings its image and code; `resource_name` then names a machine of the public pool.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from openbml.core.scope import ProjectScope
from openbml.services.batch.batch_forms import MOST_NODES, BatchTemplate
from openbml.services.batch.locations import Buckets
from openbml.services.batch.manual_api.refusals import Refusal, invalid
from openbml_catalog.machines import Machine, Module, machines_of

PLATFORM_ENVIRONMENT = "DEFAULT"
_OWN_IMAGES = ("CCR", "OUTERIMAGE", "CUSTOM")
_S3, _PFS = 1, 2
_MOST_NAME, _MOST_DESCRIPTION = 50, 500
_MOST_TEXT = 1024
_EMOJI = re.compile("[\U0001f000-\U0001faff\U00002600-\U000027bf\U0000fe0f\U0000200d\U00002b00-\U00002bff]")
_MODEL = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<prefix>.+/)models/(?P<id>\d{1,16})/(?P<number>\d{1,8})/?\Z")

Body = Mapping[str, Any]


class Creation(NamedTuple):
    name: str
    description: str
    template: BatchTemplate


def parsed(body: bytes) -> Body:
    """Return the request's object. Raises Refusal."""
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise invalid("body", "is no JSON object") from error
    if not isinstance(document, dict):
        raise invalid("body", "is no JSON object")
    return {name: value for name, value in document.items() if value is not None}


def check_project(body: Body, scope: ProjectScope) -> None:
    """Raises Refusal: `prjId` is missing, or of another project, which is not told from one that is none."""
    named = body.get("prjId")
    if not isinstance(named, str | int) or isinstance(named, bool) or not str(named).strip():
        raise invalid("prjId", "is required")
    if str(named).strip() != str(scope.project_id):
        raise Refusal("no_permission", detail="the application belongs to another project")


def job_of(body: Body) -> int:
    number = _whole(body, "id")
    if number is None or not 1 <= number < 2**53:
        raise invalid("id", "is required, a whole number")
    return number


def page_of(body: Body) -> tuple[int, int]:
    """Return offset and length of a page."""
    start, count = _whole(body, "start"), _whole(body, "num")
    start, count = 0 if start is None else start, 20 if count is None else count
    if start < 0:
        raise invalid("start", "is at least 0")
    if not 1 <= count <= 1000:
        raise invalid("num", "is 1 to 1000")
    return start, count


def creation_of(body: Body, scope: ProjectScope, buckets: Buckets) -> Creation:
    """Return what is to be created. Raises Refusal."""
    name = _name(body)
    description = _description(body)
    train, data, resource = (_map(body, key) for key in ("train_config", "dataset_config", "resource_config"))
    _check_environment(train)
    model_id, number = _model(train, scope, buckets)
    source, target = _input(data), _output(data)
    machine, nodes = _resources(resource)
    fields = {
        "model_id": model_id,
        "model_version": number,
        "input": {"uri": source},
        "output": {"uri": target},
        "machine_type": machine.code,
        "nodes": nodes,
    }
    try:
        template = BatchTemplate.model_validate(fields)
    except ValidationError as error:  # an address without a bucket; all else was checked
        where = error.errors(include_url=False)[0]["loc"][0]
        raise Refusal("output_path" if where == "output" else "input_path") from error
    return Creation(name, description, template)


def _name(body: Body) -> str:
    name = _text(body, "name", most=None)
    if not name:
        raise Refusal("name_empty")
    if len(name) > _MOST_NAME:
        raise Refusal("name_too_long")
    return _without_emoji(name)


def _description(body: Body) -> str:
    description = _text(body, "description", most=None)
    if not description:
        raise Refusal("description_empty")
    if len(description) > _MOST_DESCRIPTION:
        raise Refusal("description_too_long")
    return _without_emoji(description)


def _without_emoji(text: str) -> str:
    if _EMOJI.search(text):
        raise Refusal("emoji")
    return text


def _check_environment(train: Body) -> None:
    """Raises Refusal: own images are not run yet; what they need is checked first."""
    kind = _text(train, "env_type")
    if kind not in (*_OWN_IMAGES, PLATFORM_ENVIRONMENT):
        raise Refusal("environment", detail=f"env_type is one of {', '.join(_OWN_IMAGES)}, DEFAULT")
    if kind == "CCR" and not _text(train, "image"):
        raise Refusal("image_missing")
    if kind == "CCR" and not _text(train, "tag"):
        raise Refusal("tag_missing")
    if kind == "OUTERIMAGE" and not _text(train, "repository_id"):
        raise Refusal("registry", detail="repository_id is required")
    if kind == "CUSTOM" and not _text(train, "env_image_id"):
        raise Refusal("image_missing", detail="env_image_id is required")
    if kind in _OWN_IMAGES:
        raise Refusal(
            "environment",
            detail="own images run on user resource pools, which are not available yet: "
            "take env_type DEFAULT and a model version of the repository",
        )
    if _text(train, "code_path"):
        raise Refusal("code_file", detail="a model of the repository brings its code: leave code_path empty")
    if _text(train, "start_cmd"):
        raise Refusal("start_command", detail="the platform's images start by themselves: leave it empty")


def _model(train: Body, scope: ProjectScope, buckets: Buckets) -> tuple[int, int]:
    _check_source(train, "train_config", "model_path_source", required=True)
    path = _text(train, "model_path")
    form = _MODEL.match(_address(path)) if path else None
    if (
        form is None
        or form["bucket"] != buckets.data_bucket_name
        or form["prefix"] != scope.prefix
        or not 0 < int(form["id"]) < 2**53
        or not int(form["number"])
    ):
        raise invalid(
            "train_config.model_path",
            "is the address of a version in the model repository: "
            f"s3://{buckets.data_bucket_name}/{scope.prefix}models/<model>/<version>/",
        )
    return int(form["id"]), int(form["number"])


def _input(data: Body) -> str:
    path = _text(data, "input_file")
    if not path:
        raise Refusal("input_path", detail="input_file is required")
    _check_source(data, "dataset_config", "input_file_source", required=False)
    return _address(path)


def _output(data: Body) -> str | None:
    path = _text(data, "output_file")
    if not path:
        return None
    _check_source(data, "dataset_config", "output_file_source", required=False)
    address = _address(path)
    return address if address.endswith("/") else f"{address}/"


def _check_source(body: Body, group: str, name: str, *, required: bool) -> None:
    source = _whole(body, name)
    if source is None and not required:
        return
    if source == _PFS:
        raise invalid(f"{group}.{name}", "2 (PFS) is not offered, take 1 (object storage)")
    if source != _S3:
        raise invalid(f"{group}.{name}", "is 1 (object storage)")


def _resources(resource: Body) -> tuple[Machine, int]:
    machines = {machine.code: machine for machine in machines_of(Module.BATCH)}
    machine = machines.get(_text(resource, "resource_name"))
    if machine is None:
        raise Refusal(
            "pool_missing", detail=f"user resource pools are not available yet: {', '.join(machines)}"
        )
    nodes = _whole(resource, "node_count")
    if nodes is None or nodes < 1:
        raise invalid("resource_config.node_count", "is required, at least 1")
    if nodes > MOST_NODES:
        raise Refusal("nodes_over_limit", detail=f"at most {MOST_NODES}")
    if _text(resource, "gpu_type") and machine.gpu is None:
        raise Refusal("resource_type", detail=f"{machine.code} has no accelerator")
    limits = {
        "gpu_num": ("gpu_over_limit", 1 if machine.gpu else 0),
        "cpu_num": ("cpu_over_limit", machine.cpu),
        "memory": ("memory_over_limit", machine.memory_gb),
    }
    for name, (error, most) in limits.items():
        if (_whole(resource, name) or 0) > most:
            raise Refusal(error, detail=f"{machine.code} has {most}")
    return machine, nodes


def _address(path: str) -> str:
    """Return an address as S3 has it; the manual's own paths are `bos:/bucket/key` or `bucket/key`."""
    if path.startswith("s3://"):
        return path
    return "s3://" + path.removeprefix("bos:").lstrip("/")


def _map(body: Body, name: str) -> Body:
    value = body.get(name)
    if not isinstance(value, dict):
        raise invalid(name, "is required, an object")
    return {key: member for key, member in value.items() if member is not None}


def _text(body: Body, name: str, *, most: int | None = _MOST_TEXT) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise invalid(name, "is a text")
    if most is not None and len(value) > most:
        raise Refusal("too_long", detail=name)
    return value.strip()


def _whole(body: Body, name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(name, "is a whole number")
    return value
