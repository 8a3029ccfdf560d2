import type { AugmentationSetting, HyperParameterSource, RunRequest, SearchCatalog, SearchConfig, SearchField, SearchRange, TrainingCatalog } from "@/api/types";
import { takes } from "./run-values";
import type { DataChoice, RangeChoice, RunFormValues, SearchChoice } from "./form-values";

/** What the form holds, as the API takes it. */
export function toRequest(values: RunFormValues, catalog: TrainingCatalog, taskType: string): RunRequest {
  const evaluation = selectionOf(values.evaluation);
  const search = searchCatalogOf(catalog, taskType);
  const source = sourceOf(values, search);
  return {
    training_data: values.training.flatMap((choice) => selectionOf(choice) ?? []),
    ...(evaluation ? { evaluation_data: [evaluation] } : {}),
    network: values.network,
    hyper_parameters: source.kind === "script" ? {} : parametersOf(values, catalog, taskType, search),
    ...(augmentsAt(catalog) ? { augmentation: augmentationOf(values.augmentation) } : {}),
    ...(source.kind === "manual" ? {} : { hyper_parameter_source: source }),
    ...(values.base_run_id ? { base_run_id: values.base_run_id } : {}),
    ...(values.subnet ? { subnet: values.subnet } : {}),
    machine_type: values.machine_type,
    node_count: values.node_count,
    max_training_minutes: values.max_training_minutes,
    ...(values.remark ? { remark: values.remark } : {}),
  };
}

/** What the catalogue knows of searches for one task; nothing where the platform has none. */
export function searchCatalogOf(catalog: TrainingCatalog, taskType: string): SearchCatalog {
  return {
    strategies: catalog.search_strategies,
    fields: catalog.search_fields as readonly SearchField[],
    parameters: catalog.search_space.filter((parameter) => parameter.task === taskType),
  };
}

/** Platforms whose catalogue lists no operators take no setting for them. */
const augmentsAt = (catalog: TrainingCatalog): boolean => catalog.augmentation.operators.length > 0;

function selectionOf(choice: DataChoice): RunRequest["training_data"][number] | null {
  if (!choice.dataset_id || !choice.version_number) return null;
  const version = { dataset_id: choice.dataset_id, version_number: choice.version_number };
  return choice.labels?.length ? { ...version, labels: choice.labels } : version;
}

export function augmentationOf(chosen: RunFormValues["augmentation"]): AugmentationSetting {
  if (chosen.mode === "manual") {
    return {
      mode: "manual",
      operators: Object.entries(chosen.operators ?? {}).map(([name, { probability, magnitude }]) => ({ name, probability, ...(magnitude ? { magnitude: [...magnitude] } : {}) })),
    };
  }
  if (chosen.mode === "auto" && chosen.search_minutes) return { mode: "auto", search_minutes: chosen.search_minutes };
  return { mode: chosen.mode };
}

function sourceOf(values: RunFormValues, search: SearchCatalog): HyperParameterSource {
  switch (values.source) {
    case "script":
      return { kind: "script", script: values.script ?? "" };
    case "search":
      return { kind: "search", search: searchOf(values.search, search) };
    case "existing":
      return { kind: "existing", search_id: values.search_id ?? 0 };
    case "manual":
      return { kind: "manual" };
  }
}

/** Only the fields of the chosen strategy; empty ones are the catalogue's defaults. */
export function searchOf(choice: SearchChoice, search: SearchCatalog): SearchConfig {
  const entry = search.strategies.find((strategy) => strategy.name === choice.strategy);
  const offered = search.fields.filter((field) => field.general || entry?.fields.includes(field.name));
  const given = offered.flatMap((field) => {
    const value = choice.fields?.[field.name];
    return typeof value === "number" ? [[field.name, value] as const] : [];
  });
  const space = Object.entries(choice.space ?? {}).map(([name, range]) => [name, rangeOf(range)] as const);
  return {
    strategy: choice.strategy,
    ...Object.fromEntries(given),
    ...(choice.space_mode === "manual" ? { space: Object.fromEntries(space) } : {}),
  };
}

export function rangeOf(range: RangeChoice): SearchRange {
  switch (range.type) {
    case "boolean":
      return { type: "boolean" };
    case "discrete":
      return { type: "discrete", values: valuesOf(range.values ?? "") };
    default:
      return { type: range.type, low: range.low ?? null, high: range.high ?? null };
  }
}

export function valuesOf(text: string): number[] {
  return text
    .split(/[,，;\s]+/)
    .filter((piece) => piece !== "")
    .map(Number);
}

/** A search chooses the values of what it searches; everything else is as the form says. */
function parametersOf(values: RunFormValues, catalog: TrainingCatalog, taskType: string, search: SearchCatalog): Record<string, string | number> {
  const searched = new Set(searchedParameters(values, search));
  const network = catalog.networks.find((entry) => entry.task === taskType && entry.name === values.network);
  const own = catalog.hyper_parameters.filter((parameter) => parameter.task === taskType && takes(network, parameter));
  const declared = new Map(own.map((parameter) => [parameter.name, parameter]));
  const given = Object.entries(values.hyper_parameters).filter(
    (entry): entry is [string, string | number] => entry[1] !== null && (entry[1] as unknown) !== undefined && declared.has(entry[0]) && !searched.has(entry[0]),
  );
  const family = declared.get("weights_family")?.choices.includes(values.family) ? { weights_family: values.family } : {};
  return { ...Object.fromEntries(given), ...family };
}

/** The training hyper-parameters whose values a search chooses. */
export function searchedParameters(values: Partial<RunFormValues> | undefined, search: SearchCatalog): string[] {
  if (values?.source !== "search" && values?.source !== "existing") return [];
  const manual = values.source === "search" && values.search?.space_mode === "manual" ? (values.search.space ?? {}) : undefined;
  return search.parameters
    .filter((parameter) => (manual ? parameter.name in manual : values.source === "existing" || parameter.default !== null))
    .map((parameter) => parameter.parameter);
}

export function commandOf(experimentId: number, values: Partial<RunFormValues> | undefined): string {
  const parts = [`bml runs start --experiment ${experimentId}`];
  for (const choice of values?.training ?? []) if (choice.dataset_id) parts.push(`--dataset ${choice.dataset_id}`);
  if (values?.network) parts.push(`--network ${values.network}`);
  if (values?.hyper_parameters?.epochs) parts.push(`--epochs ${values.hyper_parameters.epochs}`);
  if (values?.machine_type) parts.push(`--machine ${values.machine_type}`);
  return parts.join(" ");
}
