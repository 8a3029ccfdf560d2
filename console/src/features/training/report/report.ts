/** `openbml.report/1` of all vision tasks, as far as the console shows it (`docs/reference/contracts.md`). */

export interface Report {
  readonly task: string;
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
  /** Null where there was nothing to evaluate, such as no small object. */
  readonly overall: Readonly<Record<string, number | null>>;
  readonly per_class: readonly LabelFigures[];
  readonly topk?: Readonly<Record<string, number>> | null;
  readonly pr_curves?: readonly PrCurve[] | null;
  readonly confusion_matrix?: { readonly labels: readonly string[]; readonly counts: readonly (readonly number[])[] } | null;
  readonly threshold_curve?: readonly ThresholdPoint[] | null;
  readonly recommended_threshold?: number | null;
  readonly wrong_count: number;
  readonly wrong_examples: readonly WrongExample[];
  readonly hints?: readonly Hint[] | null;
  readonly heat_maps?: readonly HeatMap[] | null;
  /** Of an architecture search. */
  readonly nas?: { readonly subnets: readonly Subnet[] } | null;
}

export interface Subnet {
  readonly subnet_id: number;
  readonly quality: number;
  readonly latency_ms: number;
  readonly parameters: number;
  readonly on_front: boolean;
  readonly subnet: { readonly input_size: number };
}

/** Figures of one label; which ones depends on the task. */
export type LabelFigures = { readonly label: string } & Readonly<Record<string, number | string | null>>;

export interface PrCurve {
  readonly label: string;
  readonly recall: readonly number[];
  readonly precision: readonly number[];
}

export interface ThresholdPoint {
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface Hint {
  readonly code: string;
  readonly severity: "info" | "warning";
  readonly message_en: string;
  readonly message_zh: string;
  readonly labels: readonly string[];
  readonly samples: readonly { readonly sample_id: string; readonly name: string }[];
}

export interface HeatMap {
  readonly sample_id: string;
  readonly name: string;
  readonly label: string;
  readonly image_url?: string | null;
}

/** A region or label that was found or is true. */
export interface ReportObject {
  readonly label: string;
  readonly score?: number | null;
  readonly box?: readonly number[] | null;
  readonly mask?: string | null;
  /** What the false positive really is, and what a missed one was taken for. */
  readonly true_label?: string;
  readonly found_label?: string;
}

export interface PixelMistakes {
  readonly label: string;
  readonly missed_pixels: number;
  readonly false_pixels: number;
  readonly missed_mask: string;
  readonly false_mask: string;
}

export interface WrongExample {
  readonly sample_id: string;
  readonly name: string;
  readonly thumbnail_url?: string | null;
  readonly image_url?: string | null;
  readonly width?: number;
  readonly height?: number;
  readonly true?: string | readonly string[];
  readonly predicted?: string | readonly string[];
  readonly score?: number;
  readonly top?: readonly { readonly name: string; readonly score: number }[];
  readonly false_positives?: readonly ReportObject[];
  readonly missed?: readonly ReportObject[];
  readonly right?: readonly ReportObject[];
  readonly missed_mask?: string;
  readonly false_mask?: string;
  readonly per_label?: readonly PixelMistakes[];
}

const FORMAT = "openbml.report/1";
const NEEDED = ["labels", "basis", "cautions", "conclusion", "overall", "per_class", "wrong_examples"] as const;
const FIRST_TASK = "image_classification";

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
  return { task: FIRST_TASK, ...document } as Report;
}

const SHARES = ["ap50", "ap", "f1", "iou", "dice", "precision", "recall"] as const;
export type ShareFigure = (typeof SHARES)[number];
const COUNTS = ["support", "pixels", "right", "false_positives", "missed", "training_count"] as const;
export type CountFigure = (typeof COUNTS)[number];

/** The figures that the labels of a report have, in the order people read them. */
export function figuresOf(rows: readonly LabelFigures[]): { readonly shares: ShareFigure[]; readonly counts: CountFigure[]; readonly hasThreshold: boolean } {
  const has = (name: string): boolean => rows.some((row) => typeof row[name] === "number");
  return { shares: SHARES.filter(has), counts: COUNTS.filter(has), hasThreshold: has("threshold") };
}

/** The point of the sweep next to a threshold. */
export function pointAt(curve: readonly ThresholdPoint[], threshold: number): ThresholdPoint | undefined {
  return curve.reduce<ThresholdPoint | undefined>(
    (nearest, point) => (nearest === undefined || Math.abs(point.threshold - threshold) < Math.abs(nearest.threshold - threshold) ? point : nearest),
    undefined,
  );
}

const BACKGROUND = "background";

/** The report with what is no object under the given name; a label of that name stays as it is. */
export function withBackground(report: Report, name: string): Report {
  if (report.labels.includes(BACKGROUND)) return report;
  const told = (label: string): string => (label === BACKGROUND ? name : label);
  return {
    ...report,
    per_class: report.per_class.map((row) => ({ ...row, label: told(row.label) })),
    confusion_matrix: report.confusion_matrix ? { ...report.confusion_matrix, labels: report.confusion_matrix.labels.map(told) } : null,
  };
}
