/** Tables to learn from: what a run of `tabular_prediction` is asked for and what it tells (spec 03 section 4). */

import type { RunRequest } from "./types";

export const TABULAR_TASK = "tabular_prediction";

/** A remark of the platform in both languages. */
export interface Remark {
  readonly code: string;
  readonly message_en: string;
  readonly message_zh: string;
}

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly kind: string;
  readonly missing_share: number;
  readonly distinct: number;
  readonly examples: readonly string[];
  readonly minimum: number | string | null;
  readonly maximum: number | string | null;
  readonly warnings: readonly Remark[];
}

export type AlgorithmType = "automatic" | "binary" | "multiclass" | "regression";

/** What is wrong with a target; unless it says that it does not refuse, no run can begin. */
export interface TargetProblem extends Remark {
  readonly refuses?: boolean;
}

export const isRefusal = (problem: TargetProblem): boolean => problem.refuses !== false;

export interface TargetAnalysis {
  readonly algorithm_type: AlgorithmType | null;
  readonly reason_en: string;
  readonly reason_zh: string;
  readonly classes: readonly { readonly label: string; readonly count: number }[];
  readonly problems: readonly TargetProblem[];
}

export interface TableColumns {
  readonly rows: number;
  readonly rows_seen: number;
  readonly columns: readonly TableColumn[];
  readonly target: TargetAnalysis | null;
}

export type TrainingWay = "single" | "distributed";
export type FeatureMode = "default" | "manual" | "auto";
export type Objective = "mean" | "quantile" | "count";
export type ParameterValue = number | string | boolean;

export interface ChosenOperator {
  readonly name: string;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
}

/** The `tabular` part of a run's request; what is left out is the platform's default. */
export interface TabularSettings {
  readonly mode: "automl" | "expert";
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
  readonly costs?: { readonly false_positive?: number; readonly false_negative?: number };
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

export interface LeaderboardEntry {
  readonly name: string;
  readonly model: string;
  readonly score: number | null;
  readonly weight: number | null;
  readonly fit_s: number | null;
  readonly state: string;
}

export interface Leaderboard {
  readonly entries: readonly LeaderboardEntry[];
  readonly at: string | null;
}

/** What the catalogue knows of tables: model types, operators of feature engineering and metrics. */
export interface TabularCatalog {
  readonly models: readonly TabularModel[];
  readonly feature_operators: readonly FeatureOperator[];
  readonly metrics: readonly TabularMetric[];
}

/** Texts of an entry of the catalogue. */
interface Described {
  readonly label_en: string;
  readonly label_zh: string;
  readonly help_en: string;
  readonly help_zh: string;
}

export interface TabularModel extends Described {
  readonly code: string;
  /** What it can predict: binary, multiclass, regression. */
  readonly kinds: readonly string[];
  /** Whether the expert mode offers it. */
  readonly expert: boolean;
  readonly distributed: boolean;
}

export interface FeatureOperator extends Described {
  readonly name: string;
  /** Kinds of columns that it works on. */
  readonly kinds: readonly string[];
  readonly parameters: readonly OperatorParameter[];
}

export interface OperatorParameter {
  readonly name: string;
  readonly type: string;
  readonly default: ParameterValue;
  readonly minimum?: number | null;
  readonly maximum?: number | null;
  readonly choices?: readonly string[] | null;
  readonly help_en: string;
  readonly help_zh: string;
}

export interface TabularMetric extends Described {
  readonly name: string;
  readonly kinds: readonly string[];
  /** Of a regression: the objectives that it fits; empty or left out: all. */
  readonly objectives?: readonly string[] | null;
  readonly lower_is_better?: boolean;
}

/** A column of the rows that a deployed model takes, as a form shows it. */
export interface ModelColumn {
  readonly name: string;
  readonly kind: string;
  readonly required?: boolean;
  readonly example?: number | string | null;
  /** The values to choose from; empty where any may be typed. */
  readonly choices?: readonly string[];
  /** The range that training saw; a value may lie outside. */
  readonly minimum?: number | null;
  readonly maximum?: number | null;
}

/** What a version of a tabular model takes and answers. */
export interface ModelTable {
  readonly kind: string;
  readonly target: string;
  readonly labels?: readonly string[];
  readonly quantiles?: readonly number[];
  readonly positive_label?: string | null;
  readonly recommended_threshold?: number | null;
  readonly columns: readonly ModelColumn[];
}
