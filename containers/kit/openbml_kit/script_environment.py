"""The `SM_*` variables that every script-mode user knows, and the script's command-line arguments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbml_kit.cluster import Cluster
from openbml_kit.places import Places, core_count, gpu_count, is_reserved, neuron_count

_DEFAULT_LOG_LEVEL = 20  # logging.INFO


@dataclass(frozen=True)
class ScriptJob:
    """What a training job's files say, read once.

    Raises (`read`):
        PlatformFault: a file below `input/config` is missing or malformed.
    """

    places: Places
    sent: Mapping[str, str]
    cluster: Cluster
    resource_config: Mapping[str, Any]
    input_data_config: Mapping[str, Any]

    @classmethod
    def read(cls, places: Places) -> "ScriptJob":
        resource_config = places.configuration("resourceconfig.json")
        return cls(
            places=places,
            sent=places.sent_hyper_parameters(),
            cluster=Cluster.from_document(resource_config),
            resource_config=resource_config,
            input_data_config=places.configuration("inputdataconfig.json"),
        )

    def reserved(self, name: str) -> str | None:
        """Return a reserved hyper-parameter; SDKs send it with or without JSON's quotation marks."""
        return plain_text(self.sent[name]) if name in self.sent else None

    @property
    def hyper_parameters(self) -> dict[str, str]:
        """The user's own, as plain texts, and the metric that a tuning job looks at."""
        return {
            name: plain_text(value)
            for name, value in sorted(self.sent.items())
            if not is_reserved(name) or name == "_tuning_objective_metric"
        }

    @property
    def arguments(self) -> list[str]:
        return as_arguments(self.hyper_parameters)

    @property
    def log_level(self) -> int:
        told = self.reserved("sagemaker_container_log_level") or ""
        return int(told) if told.isdigit() else _DEFAULT_LOG_LEVEL

    @property
    def channels(self) -> list[str]:
        return sorted(set(self.places.channels()) | set(self.input_data_config))


def plain_text(value: str) -> str:
    """Take JSON's quotation marks off a text; everything else stays as it was sent.

    A number's digits are the user's: `1.10` may be a version and must not become `1.1`.
    """
    if not value.startswith('"'):
        return value
    try:
        decoded = json.loads(value)
    except ValueError:
        return value
    return decoded if isinstance(decoded, str) else value


def decoded(value: str) -> Any:
    """Return the JSON value that a hyper-parameter's text is, or the text itself."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def as_arguments(values: Mapping[str, str]) -> list[str]:
    """Return `--name value` pairs in the order of names; `-n value` where the name is one letter."""
    found: list[str] = []
    for name, value in sorted(values.items()):
        found += [f"-{name}" if len(name) == 1 else f"--{name}", value]
    return found


def variable_name(prefix: str, name: str) -> str:
    return prefix + name.upper().replace("-", "_").replace(".", "_")


def machine_variables(cluster: Cluster, env: Mapping[str, str]) -> dict[str, str]:
    """What training and processing share: the slot's cores and devices, and the job's hosts."""
    return {
        "SM_HOSTS": json.dumps(list(cluster.hosts)),
        "SM_CURRENT_HOST": cluster.current_host,
        "SM_NETWORK_INTERFACE_NAME": cluster.network_interface,
        "SM_NUM_CPUS": str(core_count(env)),
        "SM_NUM_GPUS": str(gpu_count(env)),
        "SM_NUM_NEURONS": str(neuron_count()),
        **cluster.variables(env),
    }


def training_variables(
    job: ScriptJob, program: str, module_dir: str, env: Mapping[str, str]
) -> dict[str, str]:
    """Return every variable of the engine design's section 1.

    Args:
        job: the job's files.
        program: the user's script or module.
        module_dir: where the code came from: an S3 address, a channel's folder or `/opt/ml/code`.
        env: the process's own variables.
    """
    places, cluster = job.places, job.cluster
    machine = machine_variables(cluster, env)
    values = {name: decoded(value) for name, value in job.sent.items() if name in job.hyper_parameters}
    found = {
        "SM_MODEL_DIR": str(places.model),
        "SM_OUTPUT_DIR": str(places.output_data.parent),
        "SM_OUTPUT_DATA_DIR": str(places.output_data),
        "SM_OUTPUT_INTERMEDIATE_DIR": str(places.output_data.parent / "intermediate"),
        "SM_INPUT_DIR": str(places.input_data.parent),
        "SM_INPUT_CONFIG_DIR": str(places.input_config),
        "SM_CHANNELS": json.dumps(job.channels),
        "SM_HPS": json.dumps(values),
        "SM_CURRENT_INSTANCE_TYPE": cluster.instance_type,
        "SM_CURRENT_INSTANCE_GROUP": cluster.instance_group,
        "SM_INSTANCE_GROUPS": json.dumps(
            [group.get("instance_group_name") for group in cluster.instance_groups]
        ),
        "SM_INSTANCE_GROUPS_DICT": json.dumps(
            {str(group.get("instance_group_name")): group for group in cluster.instance_groups}
        ),
        "SM_RESOURCE_CONFIG": json.dumps(job.resource_config),
        "SM_INPUT_DATA_CONFIG": json.dumps(job.input_data_config),
        "SM_USER_ARGS": json.dumps(job.arguments),
        "SM_MODULE_NAME": module_name(program),
        "SM_MODULE_DIR": module_dir,
        "SM_USER_ENTRY_POINT": program,
        "SM_LOG_LEVEL": str(job.log_level),
        "SM_MASTER_ADDR": machine["MASTER_ADDR"],
        "SM_MASTER_PORT": machine["MASTER_PORT"],
        **machine,
    }
    found |= {variable_name("SM_CHANNEL_", name): str(places.input_data / name) for name in job.channels}
    found |= {variable_name("SM_HP_", name): value for name, value in job.hyper_parameters.items()}
    return found | {"SM_TRAINING_ENV": json.dumps(_training_env(job, found, values))}


def module_name(program: str) -> str:
    return program.removesuffix(".py").removesuffix(".sh")


def _training_env(
    job: ScriptJob, variables: Mapping[str, str], values: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The same facts as one document, under the names that scripts look for in `SM_TRAINING_ENV`."""
    hosts: Sequence[str] = list(job.cluster.hosts)
    return {
        "channel_input_dirs": {name: str(job.places.input_data / name) for name in job.channels},
        "current_host": job.cluster.current_host,
        "current_instance_type": job.cluster.instance_type,
        "current_instance_group": job.cluster.instance_group,
        "hosts": hosts,
        "hyperparameters": dict(values),
        "input_config_dir": variables["SM_INPUT_CONFIG_DIR"],
        "input_data_config": job.input_data_config,
        "input_dir": variables["SM_INPUT_DIR"],
        "is_master": job.cluster.rank == 0,
        "job_name": job.reserved("sagemaker_job_name"),
        "log_level": job.log_level,
        "master_hostname": hosts[0],
        "model_dir": variables["SM_MODEL_DIR"],
        "module_dir": variables["SM_MODULE_DIR"],
        "module_name": variables["SM_MODULE_NAME"],
        "network_interface_name": job.cluster.network_interface,
        "num_cpus": int(variables["SM_NUM_CPUS"]),
        "num_gpus": int(variables["SM_NUM_GPUS"]),
        "num_neurons": int(variables["SM_NUM_NEURONS"]),
        "output_data_dir": variables["SM_OUTPUT_DATA_DIR"],
        "output_dir": variables["SM_OUTPUT_DIR"],
        "output_intermediate_dir": variables["SM_OUTPUT_INTERMEDIATE_DIR"],
        "resource_config": job.resource_config,
        "user_entry_point": variables["SM_USER_ENTRY_POINT"],
    }
