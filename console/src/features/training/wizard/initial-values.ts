import type { Run, TrainingCatalog } from "@/api/types";
import type { DataChoice, RunFormValues, SubnetChoice } from "./form-values";
import { isSubnet, networksOf } from "./run-values";

const MINUTES = 60;

interface Given {
  readonly catalog: TrainingCatalog;
  readonly taskType: string;
  readonly runs: readonly Run[];
  readonly dataset: number | null;
  readonly base: number | null;
  /** `RUN:NUMBER` of the address. */
  readonly subnet?: string | null;
}

export function subnetOf(text: string | null | undefined): SubnetChoice | undefined {
  const [run, number] = (text ?? "").split(":").map(Number);
  return run && number ? { run_id: run, subnet_id: number } : undefined;
}

const choiceOf = (selection: Run["training_data"][number]): DataChoice => ({
  dataset_id: selection.dataset_id,
  version_number: selection.version_number,
  ...(selection.labels?.length ? { labels: [...selection.labels] } : {}),
});

/** The data that a new run opens with: the named dataset, else that of the newest run (spec 03 section 2.3, checklist 6). */
export function presetData(runs: readonly Run[], datasetId: number | null): Pick<RunFormValues, "training" | "evaluation"> {
  if (datasetId !== null) return { training: [{ dataset_id: datasetId }], evaluation: {} };
  const newest = [...runs].sort((left, right) => right.version_number - left.version_number)[0];
  if (!newest) return { training: [{}], evaluation: {} };
  const [evaluation] = newest.evaluation_data;
  return { training: newest.training_data.map(choiceOf), evaluation: evaluation ? choiceOf(evaluation) : {} };
}

/** The recommended network, else the first one. */
export function bestOf<N extends { readonly recommended: boolean }>(networks: readonly N[]): N | undefined {
  return networks.find((network) => network.recommended) ?? networks[0];
}

export function initialValues({ catalog, taskType, runs, dataset, base, subnet }: Given): Partial<RunFormValues> {
  const networks = catalog.networks.filter((network) => network.task === taskType);
  const families = catalog.families.filter((family) => family.task === taskType).map((family) => family.name);
  const baseRun = runs.find((run) => run.run_id === base);
  const chosen = subnetOf(subnet);
  const network = chosen ? networks.find(isSubnet) : (networks.find((candidate) => candidate.name === baseRun?.network) ?? bestOf(networks));
  const family = families.find((name) => network && networksOf([network], name).length > 0) ?? network?.family ?? "";
  const machine = catalog.machines.find((candidate) => network === undefined || !network.excluded_machines?.includes(candidate.code));
  return {
    ...presetData(runs, dataset),
    augmentation: { mode: "default" },
    family,
    ...(network ? { network: network.name } : {}),
    ...(baseRun && !chosen ? { base_run_id: baseRun.run_id } : {}),
    ...(chosen ? { subnet: chosen } : {}),
    source: "manual",
    ...(machine ? { machine_type: machine.code } : {}),
    node_count: 1,
    max_training_minutes: MINUTES,
  };
}
