import { ApiError } from "@/api/errors";

type Path = (string | number)[];

/** Where the form asks for what the API names; the first prefix that fits wins. */
const PLACES: readonly (readonly [RegExp, Path])[] = [
  [/^tabular\.(target|weight_column|group_column|time_column|excluded_columns)/, ["roles"]],
  [/^tabular\.feature_engineering/, ["features", "mode"]],
  [/^tabular\.costs/, ["costs", "false_positive"]],
  [/^tabular\.holdout_fraction/, ["holdout_percent"]],
  [/^tabular\.(algorithm_type|training_way|metric|objective|quantiles|positive_label)/, []],
  [/^(hyper_parameter_source|script)/, ["script"]],
  [/^auto_publish\.model_id/, ["publish", "model_id"]],
  [/^auto_publish/, ["publish", "model_name"]],
  [/^training_data/, ["training", 0, "dataset_id"]],
  [/^evaluation_data/, ["evaluation", "dataset_id"]],
  [/^(network|machine_type|node_count|max_training_minutes|remark)/, []],
];

export interface FieldProblem {
  readonly name: Path;
  readonly errors: string[];
}

/** The field that a refusal is about, with its reason; null where it is about no field of the form. */
export function fieldProblemOf(error: unknown): FieldProblem | null {
  if (!(error instanceof ApiError)) return null;
  const { field, reason } = error.details;
  if (typeof field !== "string") return null;
  // The settings name their own fields without saying that they are theirs.
  for (const asked of [field, `tabular.${field}`]) {
    for (const [pattern, place] of PLACES) {
      const match = pattern.exec(asked);
      if (match) return { name: place.length > 0 ? place : [match[1] ?? asked], errors: [typeof reason === "string" ? reason : error.message] };
    }
  }
  return null;
}
