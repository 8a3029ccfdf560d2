/** Tables to learn from: what a run of `tabular_prediction` is asked for and what it tells (spec 03 section 4). */

import type { RunRequest, Schemas } from "./types";

export const TABULAR_TASK = "tabular_prediction";

export type TableColumns = Schemas["TableColumns"];
export type TableColumn = Schemas["TableColumnProfile"];
export type TargetAnalysis = Schemas["TargetAnalysis"];
export type AlgorithmType = Schemas["AlgorithmType"];
export type TrainingWay = Schemas["TrainingWay"];
export type FeatureMode = Schemas["FeatureMode"];
export type Objective = Schemas["Objective"];
export type ParameterValue = number | string | boolean;

export interface ChosenOperator {
  readonly name: string;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
}

/** The `tabular` part of a run's request; what is left out is the platform's default. */
export interface TabularSettings {
  readonly mode: Schemas["TabularMode"];
  readonly target: string;
  readonly algorithm_type?: AlgorithmType;
  readonly training_way?: TrainingWay;
  readonly feature_engineering?: { readonly mode: FeatureMode; readonly operators?: readonly ChosenOperator[] };
  readonly objective?: Objective;
  readonly quantiles?: readonly number[];
  readonly metric?: string;
  readonly weight_column?: string;
  readonly group_column?: string;
  readonly time_column?: string;
  readonly excluded_columns?: readonly string[];
  readonly positive_label?: string;
  readonly costs?: Partial<Schemas["Costs"]>;
  readonly holdout_fraction?: number;
}

export type AutoPublish = { readonly model_name: string } | { readonly model_id: number };

export interface TabularRunRequest extends Pick<RunRequest, "training_data" | "evaluation_data" | "hyper_parameter_source" | "machine_type" | "node_count" | "max_training_minutes" | "remark"> {
  /** Model type of the expert mode. */
  readonly network?: string;
  readonly tabular: TabularSettings;
  /** Where the model goes when training ends; left out: nowhere. */
  readonly auto_publish?: AutoPublish;
}

export type LeaderboardEntry = Schemas["LeaderboardEntry"];

export type TabularModel = Schemas["TabularModel"];

/** What the catalogue knows of tables: model types, operators of feature engineering and metrics. */
export type TabularCatalog = Schemas["TabularCatalog"];
export type FeatureOperator = Schemas["FeatureOperator"];
export type OperatorParameter = Schemas["TabularParameter"];

/** A column of the rows that a deployed model takes; the range is what training saw, a value may lie outside. */
export type ModelColumn = Schemas["TableFeature"];

/** What a version of a tabular model takes and answers. */
export type ModelTable = Schemas["ServedTable"];
