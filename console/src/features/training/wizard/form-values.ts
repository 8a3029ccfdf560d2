import type { AugmentationSetting, HyperParameterSource, SearchFieldName, SearchStrategy, ValueType } from "@/api/types";

/** A dataset version chosen for training or evaluation; no labels means all. */
export interface DataChoice {
  readonly dataset_id?: number;
  readonly version_number?: number;
  readonly labels?: string[];
}

export interface OperatorChoice {
  readonly probability: number;
  readonly magnitude?: [number, number];
}

/** A range as it is typed: `values` is a list with commas. */
export interface RangeChoice {
  readonly type: ValueType;
  readonly values?: string;
  readonly low?: number | null;
  readonly high?: number | null;
}

export interface SearchChoice {
  readonly strategy: SearchStrategy;
  readonly fields?: { readonly [F in SearchFieldName]?: number | null };
  readonly space_mode: "default" | "manual";
  readonly space?: Readonly<Record<string, RangeChoice>>;
}

export interface SubnetChoice {
  readonly run_id: number;
  readonly subnet_id: number;
}

export interface RunFormValues {
  readonly training: readonly DataChoice[];
  readonly evaluation: DataChoice;
  readonly augmentation: {
    readonly mode: AugmentationSetting["mode"];
    readonly operators?: Readonly<Record<string, OperatorChoice>>;
    readonly search_minutes?: number;
  };
  readonly family: string;
  readonly network: string;
  readonly base_run_id?: number;
  /** A sub-net that an architecture search found. */
  readonly subnet?: SubnetChoice;
  readonly source: HyperParameterSource["kind"];
  readonly hyper_parameters: Readonly<Record<string, string | number | null>>;
  readonly script?: string;
  readonly search: SearchChoice;
  readonly search_id?: number;
  readonly machine_type: string;
  readonly node_count: number;
  readonly max_training_minutes: number;
  readonly remark?: string;
}
