import type { AlgorithmType, AutoPublish, ChosenOperator, ParameterValue, TabularRunRequest, TabularSettings } from "@/api/tabular";
import type { RunRequest } from "@/api/types";
import type { DataChoice } from "../../wizard/form-values";
import { NEW_MODEL, type PublishChoice, type TabularFormValues } from "./form-values";

/** What is predicted, as far as the form knows: chosen, or what the target column asks for. */
export function kindOf(values: Partial<TabularFormValues>, suggested: AlgorithmType | null | undefined): AlgorithmType | undefined {
  return values.algorithm_type === "automatic" ? (suggested ?? undefined) : values.algorithm_type;
}

/** What the form holds, as the API takes it; settings of another mode or kind are left behind. */
export function toTabularRequest(values: TabularFormValues, suggested: AlgorithmType | null | undefined): TabularRunRequest {
  const isExpert = values.mode === "expert";
  const evaluation = selectionsOf([values.evaluation]);
  const publish = publicationOf(values.publish);
  return {
    training_data: selectionsOf(values.training),
    ...(evaluation.length > 0 ? { evaluation_data: evaluation } : {}),
    tabular: settingsOf(values, suggested),
    ...(isExpert ? { network: values.network } : {}),
    ...(isExpert && values.script ? { hyper_parameter_source: { kind: "script", script: values.script } } : {}),
    ...(publish ? { auto_publish: publish } : {}),
    machine_type: values.machine_type,
    node_count: isExpert && values.training_way === "single" ? 1 : values.node_count,
    max_training_minutes: values.max_training_minutes,
    ...(values.remark ? { remark: values.remark } : {}),
  };
}

function selectionsOf(choices: readonly DataChoice[]): RunRequest["training_data"] {
  return choices.flatMap(({ dataset_id, version_number }) => (dataset_id && version_number ? [{ dataset_id, version_number }] : []));
}

function publicationOf(choice: PublishChoice): AutoPublish | null {
  if (!choice.on) return null;
  return choice.model_id ? { model_id: choice.model_id } : { model_name: (choice.model_name ?? "").trim() };
}

function settingsOf(values: TabularFormValues, suggested: AlgorithmType | null | undefined): TabularSettings {
  const { roles } = values;
  const kind = kindOf(values, suggested);
  return {
    mode: values.mode,
    target: roles.target ?? "",
    algorithm_type: values.algorithm_type,
    ...(values.mode === "expert" ? { training_way: values.training_way, feature_engineering: featuresOf(values.features) } : {}),
    ...(values.metric === "automatic" ? {} : { metric: values.metric }),
    ...(roles.weight ? { weight_column: roles.weight } : {}),
    ...(roles.group ? { group_column: roles.group } : {}),
    ...(roles.time ? { time_column: roles.time } : {}),
    ...(roles.excluded.length > 0 ? { excluded_columns: roles.excluded } : {}),
    ...(kind === "regression" ? regressionOf(values) : {}),
    ...(kind === "binary" ? binaryOf(values) : {}),
    ...(typeof values.holdout_percent === "number" ? { holdout_fraction: values.holdout_percent / 100 } : {}),
  };
}

function regressionOf({ objective, quantiles }: TabularFormValues): Partial<TabularSettings> {
  if (objective === "quantile") return { objective, quantiles: quantilesOf(quantiles ?? []) };
  return objective === "count" ? { objective } : {};
}

/** Ascending and each once; what is no number stays one for the validation to find. */
export function quantilesOf(texts: readonly string[]): number[] {
  return [...new Set(texts.map((text) => Number(text.replace(",", "."))))].sort((left, right) => left - right);
}

function binaryOf({ costs, positive_label }: TabularFormValues): Partial<TabularSettings> {
  const told = Object.fromEntries(Object.entries(costs ?? {}).filter(([, cost]) => typeof cost === "number"));
  return {
    ...(positive_label ? { positive_label } : {}),
    ...(Object.keys(told).length > 0 ? { costs: told } : {}),
  };
}

function featuresOf({ mode, operators }: TabularFormValues["features"]): NonNullable<TabularSettings["feature_engineering"]> {
  if (mode === "default") return { mode };
  return { mode, operators: Object.entries(operators ?? {}).map(([name, parameters]) => operatorOf(name, mode === "manual" ? parameters : {})) };
}

function operatorOf(name: string, parameters: Readonly<Record<string, ParameterValue | null>>): ChosenOperator {
  const given = Object.entries(parameters).filter((entry): entry is [string, ParameterValue] => entry[1] !== null);
  return given.length > 0 ? { name, parameters: Object.fromEntries(given) } : { name };
}

/** The same run in the command line. */
export function tabularCommandOf(experimentId: number, values: Partial<TabularFormValues> | undefined): string {
  const data = (values?.training ?? []).flatMap(({ dataset_id, version_number }) => (dataset_id ? [`--dataset ${dataset_id}:${version_number ?? 1}`] : []));
  const target = values?.roles?.target;
  return [`bml runs start --experiment ${experimentId}`, ...data, ...(target ? [`--target ${JSON.stringify(target)}`] : []), `--mode ${values?.mode ?? "automl"}`, `--max-minutes ${values?.max_training_minutes ?? 60}`].join(" ");
}

export const isNewModel = (choice: PublishChoice | undefined): boolean => (choice?.model_id ?? NEW_MODEL) === NEW_MODEL;
