"""`bml runs start`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.assignments import assignments
from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption, notes, print_fields
from openbml_client.cli.run_requests import augmentation_of, source_of, subnet_of
from openbml_client.cli.run_watching import RUN, raise_if_failed, watched
from openbml_client.cli.tabular_options import (
    ExcludeOption,
    FeaturesOption,
    GroupOption,
    MetricOption,
    ModelOption,
    ModeOption,
    ObjectiveOption,
    PositiveOption,
    QuantileOption,
    SettingsOption,
    TargetOption,
    TimeOption,
    TypeOption,
    WayOption,
    WeightOption,
    tabular_of,
)
from openbml_client.client import Document, ProjectClient
from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import given

verbs = typer.Typer()


@verbs.command("start")
def start(
    experiment: str,
    dataset: Annotated[
        list[str],
        typer.Option("--dataset", "--data", "-d", help="Training data: NAME or NAME:V1."),
    ],
    network: Annotated[
        str | None, typer.Option("--network", "-n", help="Network of the catalogue; of tables see --model.")
    ] = None,
    evaluation: Annotated[list[str] | None, typer.Option(help="Evaluation set: NAME or NAME:V1.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="Hyper-parameter, e.g. epochs=10. Repeatable.")
    ] = None,
    augmentation: Annotated[
        str | None, typer.Option(help="none, default, auto:MINUTES, or a JSON file with operators.")
    ] = None,
    script: Annotated[
        Path | None, typer.Option(help="Script with conf and create_model; of tables with conf alone.")
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="Search hyper-parameters: random, bayesian or evolutionary.")
    ] = None,
    search_set: Annotated[
        list[str] | None,
        typer.Option("--search-set", help="Field of the search, e.g. max_trials=20. Repeatable."),
    ] = None,
    space: Annotated[Path | None, typer.Option(help="JSON file with the search space.")] = None,
    use_search: Annotated[int | None, typer.Option(help="Take the values that a search found.")] = None,
    base: Annotated[int | None, typer.Option(help="Train on from this run's model.")] = None,
    subnet: Annotated[
        str | None, typer.Option(help="Sub-net of a run of NAS-Supernet, RUN:NUMBER, for NAS-Subnet.")
    ] = None,
    target: TargetOption = None,
    mode: ModeOption = None,
    algorithm_type: TypeOption = None,
    model: ModelOption = None,
    training_way: WayOption = None,
    feature_engineering: FeaturesOption = None,
    metric: MetricOption = None,
    objective: ObjectiveOption = None,
    quantile: QuantileOption = None,
    weight_column: WeightOption = None,
    group_column: GroupOption = None,
    time_column: TimeOption = None,
    exclude: ExcludeOption = None,
    positive_label: PositiveOption = None,
    settings: SettingsOption = None,
    auto_publish: Annotated[
        str | None, typer.Option(help="Publish the model under this name when the run succeeds.")
    ] = None,
    machine: Annotated[str, typer.Option(help="Machine type.")] = "GPU_P4",
    nodes: Annotated[int, typer.Option(min=1, max=6, help="Number of nodes.")] = 1,
    max_minutes: Annotated[int, typer.Option(min=1, help="Maximum training time.")] = 60,
    remark: str = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Watch until the run ends.")] = False,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Start a training run.

    \b
    Examples:
      bml runs start pets -d cats -n ResNet18_vd --param epochs=10 --wait
      bml runs start churn --data customers --target churn --max-minutes 10 --wait
      bml runs start prices --data houses --target price --quantile 0.1 --quantile 0.9
      bml runs start churn --data customers --target churn --mode expert --type binary --model CAT
      bml runs start churn --data customers --target churn --auto-publish churn-model
    """
    client = current_client().project(project)
    tabular = tabular_of(
        settings=settings,
        feature_engineering=feature_engineering,
        quantiles=quantile or (),
        excluded=exclude or (),
        objective=objective,
        target=target,
        mode=mode,
        algorithm_type=algorithm_type,
        training_way=training_way,
        metric=metric,
        weight_column=weight_column,
        group_column=group_column,
        time_column=time_column,
        positive_label=positive_label,
    )
    body = {
        "training_data": [_selection(client, reference) for reference in dataset],
        "evaluation_data": [_selection(client, reference) for reference in evaluation or []],
        "machine_type": machine,
        "node_count": nodes,
        "max_training_minutes": max_minutes,
        "remark": remark,
        **given(
            network=_network(network, model, tabular),
            hyper_parameters=assignments(param or [], "--param") or None,
            augmentation=augmentation_of(augmentation),
            hyper_parameter_source=source_of(
                script=script, search=search, search_set=search_set or [], space=space, existing=use_search
            ),
            base_run_id=base,
            subnet=subnet_of(subnet),
            tabular=tabular,
            auto_publish=None if auto_publish is None else {"model_name": auto_publish},
        ),
    }
    experiment_id = int(client.training.find_experiment(experiment)["experiment_id"])
    run = client.training.start_run(experiment_id, body)
    _print_cautions(run)
    if wait:
        run = watched(client.training, int(run["run_id"]))
    print_fields(run, RUN, as_json=as_json)
    raise_if_failed(run)


def _network(network: str | None, model: str | None, tabular: Document | None) -> str | None:
    if tabular is None and network is None:
        raise InvalidChoiceError("Say --network NAME, or --target COLUMN for a table.")
    if tabular is None and model is not None:
        raise InvalidChoiceError("--model belongs to tables; say --network NAME, or --target COLUMN too.")
    if None not in (network, model):
        raise InvalidChoiceError("--network and --model name the same: say one of them.")
    return network or model


def _print_cautions(run: Mapping[str, Any]) -> None:
    for caution in run.get("cautions") or ():
        notes.print("[yellow]Caution:[/yellow]", end=" ")
        notes.print(caution["message_en"], highlight=False, markup=False)


def _selection(client: ProjectClient, reference: str) -> Document:
    version = client.datasets.open(reference)
    return {"dataset_id": version.dataset_id, "version_number": version.version_number}
