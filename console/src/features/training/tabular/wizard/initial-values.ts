import type { TabularCatalog } from "@/api/tabular";
import type { Run, TrainingCatalog } from "@/api/types";
import { presetData } from "../../wizard/initial-values";
import { NEW_MODEL, type TabularFormValues } from "./form-values";
import { NO_ROLES, type Roles } from "./roles";

const MINUTES = 60;

interface Given {
  readonly catalog: TrainingCatalog;
  readonly tabular: TabularCatalog;
  readonly experimentName: string;
  readonly runs: readonly Run[];
  readonly dataset: number | null;
}

/** The form opens with the data and the columns' roles of the newest run, unless another dataset is named. */
export function initialTabularValues({ catalog, tabular, experimentName, runs, dataset }: Given): Partial<TabularFormValues> {
  const machine = catalog.machines.find((candidate) => candidate.gpu === null) ?? catalog.machines[0];
  const newest = [...runs].sort((left, right) => right.version_number - left.version_number)[0];
  return {
    ...presetData(runs, dataset),
    roles: dataset === null ? rolesOfRun(newest) : NO_ROLES,
    mode: "automl",
    algorithm_type: "automatic",
    training_way: "single",
    features: { mode: "default" },
    network: tabular.default_model,
    metric: "automatic",
    objective: "mean",
    publish: { on: false, model_id: NEW_MODEL, model_name: experimentName },
    ...(machine ? { machine_type: machine.code } : {}),
    node_count: 1,
    max_training_minutes: MINUTES,
  };
}

export function rolesOfRun(run: Pick<Run, "tabular"> | undefined): Roles {
  const told = run?.tabular;
  if (!told) return NO_ROLES;
  return {
    target: told.target,
    ...(told.weight_column ? { weight: told.weight_column } : {}),
    ...(told.group_column ? { group: told.group_column } : {}),
    ...(told.time_column ? { time: told.time_column } : {}),
    excluded: told.excluded_columns,
  };
}
