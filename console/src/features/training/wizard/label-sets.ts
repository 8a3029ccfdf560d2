export interface LabelDifference {
  /** Labels of the training set that the evaluation set lacks. */
  readonly missing: readonly string[];
  /** Labels of the evaluation set that training does not know. */
  readonly extra: readonly string[];
}

/** Spec 03 section 2.3: the labels of an evaluation set are exactly those of the training. */
export function labelDifference(training: ReadonlySet<string>, evaluation: ReadonlySet<string>): LabelDifference {
  return {
    missing: [...training].filter((label) => !evaluation.has(label)).sort(),
    extra: [...evaluation].filter((label) => !training.has(label)).sort(),
  };
}

export const isSame = (difference: LabelDifference): boolean => difference.missing.length === 0 && difference.extra.length === 0;

/** The classes of several choices: labels of one name are one class; without chosen labels a version brings all it has. */
export function classesOf(choices: readonly { readonly labels?: readonly string[] | undefined; readonly present: readonly string[] }[]): Set<string> {
  return new Set(choices.flatMap((choice) => (choice.labels?.length ? choice.labels : choice.present)));
}
