/** `openbml.report/1` of an image classification, as far as the console shows it. */

export interface Report {
  readonly labels: readonly string[];
  readonly basis: {
    readonly source: string;
    readonly evaluated_count: number;
    readonly training_count: number;
    readonly holdout_fraction: number | null;
    readonly seed: number;
  };
  readonly cautions: readonly { readonly code: string; readonly message_en: string; readonly message_zh: string }[];
  readonly conclusion: { readonly en: string; readonly zh: string };
  readonly overall: Readonly<Record<string, number>>;
  readonly topk: Readonly<Record<string, number>>;
  readonly per_class: readonly ClassFigures[];
  readonly confusion_matrix: { readonly labels: readonly string[]; readonly counts: readonly (readonly number[])[] };
  readonly threshold_curve: readonly ThresholdPoint[];
  readonly recommended_threshold: number | null;
  readonly wrong_count: number;
  readonly wrong_examples: readonly WrongExample[];
}

export interface ClassFigures {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
  readonly training_count: number;
}

export interface ThresholdPoint {
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface WrongExample {
  readonly sample_id: string;
  readonly name: string;
  readonly true: string;
  readonly predicted: string;
  readonly score: number;
  readonly top: readonly { readonly name: string; readonly score: number }[];
  readonly thumbnail_url?: string | null;
}

const FORMAT = "openbml.report/1";
const NEEDED = ["labels", "overall", "per_class", "confusion_matrix", "threshold_curve", "wrong_examples"] as const;

export class UnknownReportError extends Error {
  constructor(format: unknown) {
    super(`report format ${String(format)} is not known to this console`);
    this.name = "UnknownReportError";
  }
}

/** The report is a document of the training job, so its format is checked before it is drawn. */
export function parseReport(document: unknown): Report {
  if (typeof document !== "object" || document === null) throw new UnknownReportError(typeof document);
  const format = "format" in document ? document.format : undefined;
  if (format !== FORMAT || NEEDED.some((name) => !(name in document))) throw new UnknownReportError(format);
  return document as Report;
}

export interface LabelMistakes {
  readonly label: string;
  readonly count: number;
}

/** How many of the listed wrong examples belong to each true label, the most first. */
export function mistakesByLabel(examples: readonly WrongExample[]): LabelMistakes[] {
  const counts = new Map<string, number>();
  for (const example of examples) counts.set(example.true, (counts.get(example.true) ?? 0) + 1);
  return [...counts]
    .map(([label, count]) => ({ label, count }))
    .sort((left, right) => right.count - left.count || left.label.localeCompare(right.label));
}
