import type { AlgorithmType, FeatureMode, Objective, ParameterValue, TrainingWay } from "@/api/tabular";
import type { DataChoice } from "../../wizard/form-values";
import type { Roles } from "./roles";

/** Publish as a version of a model that exists, or as the first of a new one. */
export const NEW_MODEL = 0;

export interface PublishChoice {
  readonly on: boolean;
  readonly model_id?: number;
  readonly model_name?: string;
}

export interface FeatureChoice {
  readonly mode: FeatureMode;
  /** Chosen operators with the parameters that were set. */
  readonly operators?: Readonly<Record<string, Readonly<Record<string, ParameterValue | null>>>>;
}

export interface TabularFormValues {
  readonly training: readonly DataChoice[];
  readonly evaluation: DataChoice;
  readonly roles: Roles;
  readonly mode: "automl" | "expert";
  readonly algorithm_type: AlgorithmType;
  readonly training_way: TrainingWay;
  readonly features: FeatureChoice;
  /** Model type of the expert mode. */
  readonly network: string;
  readonly script?: string;
  readonly metric: string;
  readonly objective: Objective;
  /** As typed, one entry each. */
  readonly quantiles?: readonly string[];
  readonly positive_label?: string;
  readonly costs?: { readonly false_positive?: number | null; readonly false_negative?: number | null };
  readonly holdout_percent?: number | null;
  readonly publish: PublishChoice;
  readonly machine_type: string;
  readonly node_count: number;
  readonly max_training_minutes: number;
  readonly remark?: string;
}
