import type { LabelFigures, Report, ThresholdPoint } from "../../report/report";

/** `openbml.report/1` of a table, as far as the console shows it (`docs/reference/contracts.md`). */
export interface TabularReport extends Pick<Report, "labels" | "basis" | "cautions" | "conclusion" | "overall" | "recommended_threshold" | "confusion_matrix"> {
  readonly problem: {
    readonly kind: "binary" | "multiclass" | "regression";
    readonly target: string;
    readonly labels: readonly string[];
    readonly positive_label: string | null;
    readonly metric: string;
    readonly objective: string;
    readonly quantiles: readonly number[];
  };
  readonly intervals?: Readonly<Record<string, readonly [number | null, number | null] | null>> | null;
  /** What answering the same for every row would reach. */
  readonly baseline?: Readonly<Record<string, number | null>> | null;
  readonly hints?: readonly ReportHint[] | null;
  readonly wrong_count?: number | null;
  readonly wrong_examples?: readonly WrongRow[] | null;
  readonly leaderboard?: readonly RankedModel[] | null;
  readonly per_class?: readonly LabelFigures[] | null;
  readonly threshold_curve?: readonly CostPoint[] | null;
  readonly roc?: readonly RocCurve[] | null;
  readonly pr_curves?: readonly PrecisionRecall[] | null;
  readonly lift?: readonly LiftCurve[] | null;
  readonly calibration?: Calibration | null;
  readonly residuals?: Residuals | null;
  readonly quantile_coverage?: readonly { readonly quantile: number; readonly coverage: number; readonly pinball: number }[] | null;
  readonly importance?: Importance | null;
  readonly partial_dependence?: readonly Dependence[] | null;
  readonly slices?: readonly Slice[] | null;
  readonly columns?: readonly ReportColumn[] | null;
  readonly sampling?: { readonly rows_total: number; readonly rows_used: number; readonly reason_en: string; readonly reason_zh: string } | null;
  readonly evaluation_sampling?: TabularReport["sampling"];
  readonly data_card?: Card | null;
  readonly model_card?: Card | null;
}

/** A row that the model answers wrongly, with the values of its most important columns. */
export interface WrongRow {
  readonly sample_id: string;
  readonly name: string;
  readonly true: string | number;
  readonly predicted: string | number;
  readonly score?: number | null;
  readonly residual?: number | null;
  readonly values: Readonly<Record<string, string | null>>;
}

export interface ReportHint {
  readonly code: string;
  readonly severity: string;
  readonly message_en: string;
  readonly message_zh: string;
}

export interface RankedModel {
  readonly name: string;
  readonly model: string;
  readonly score: number | null;
  readonly figures?: Readonly<Record<string, number | null>> | null;
  readonly parameters?: Readonly<Record<string, unknown>> | null;
  readonly weight?: number | null;
  readonly level?: number | null;
  readonly fit_s?: number | null;
  readonly predict_ms?: number | null;
  readonly size_bytes?: number | null;
  readonly state: string;
  readonly reason?: string | null;
}

export interface CostPoint extends ThresholdPoint {
  readonly accuracy?: number | null;
  readonly cost?: number | null;
}

export interface RocCurve {
  readonly label: string;
  readonly fpr: readonly number[];
  readonly tpr: readonly number[];
  readonly auc: number | null;
}

export interface PrecisionRecall {
  readonly label: string;
  readonly recall: readonly number[];
  readonly precision: readonly number[];
  readonly average_precision: number | null;
}

export interface LiftCurve {
  readonly label: string;
  readonly share: readonly number[];
  readonly gain: readonly number[];
  readonly lift: readonly number[];
}

export interface Calibration {
  readonly bins: readonly { readonly predicted: number; readonly observed: number; readonly count: number }[];
  readonly expected_error: number | null;
  readonly brier: number | null;
}

export interface Residuals {
  readonly histogram?: { readonly edges: readonly number[]; readonly counts: readonly number[] } | null;
  readonly points?: readonly { readonly actual: number; readonly predicted: number }[] | null;
  readonly by_decile?: readonly Decile[] | null;
}

/** A tenth of the rows by rising prediction. */
export interface Decile {
  readonly decile: number;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly predicted: number;
  readonly actual: number;
  readonly mae: number;
  readonly bias: number;
}

export interface Importance {
  readonly permutation?: readonly { readonly column: string; readonly mean: number; readonly std: number }[] | null;
  readonly shap?: readonly { readonly column: string; readonly mean_abs: number }[] | null;
}

export interface Dependence {
  readonly column: string;
  readonly kind: string;
  readonly values: readonly (number | string | null)[];
  /** One row for each value, one number for each output. */
  readonly average: readonly (readonly number[])[];
  readonly counts: readonly number[];
}

export interface Slice {
  readonly column: string;
  readonly value_en: string;
  readonly value_zh: string;
  readonly metric?: string;
  readonly rows: number;
  readonly score: number;
  readonly overall: number;
  readonly difference: number;
}

export interface ReportColumn {
  readonly name: string;
  readonly kind: string;
  readonly missing_share: number;
  readonly distinct: number;
  readonly ignored_because?: string | null;
}

/** Facts about the data or the model: names, numbers, texts, and lists of them. */
export type Card = Readonly<Record<string, unknown>>;

const FORMAT = "openbml.report/1";
const NEEDED = ["problem", "basis", "cautions", "conclusion", "overall"] as const;

/** The report is a document of the training job, so its format is checked before it is drawn; null: not one that this console knows. */
export function parseTabularReport(document: unknown): TabularReport | null {
  if (typeof document !== "object" || document === null || !("format" in document)) return null;
  if (document.format !== FORMAT || NEEDED.some((name) => !(name in document))) return null;
  return document as unknown as TabularReport;
}

export interface BinaryCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** How the evaluated rows fall at a threshold, from its precision and recall and how many rows there are of each class. */
export function countsAt(point: ThresholdPoint, positives: number, negatives: number): BinaryCounts {
  const truePositives = Math.round(point.recall * positives);
  const falsePositives = point.precision > 0 ? Math.min(negatives, Math.round((truePositives * (1 - point.precision)) / point.precision)) : 0;
  return { truePositives, falsePositives, trueNegatives: negatives - falsePositives, falseNegatives: positives - truePositives };
}

/** Rows of the positive class and of the other one among those that were evaluated. */
export function classSizes(report: TabularReport): { readonly positives: number; readonly negatives: number } | null {
  const { labels, counts } = report.confusion_matrix ?? { labels: [], counts: [] };
  const place = labels.indexOf(report.problem.positive_label ?? "");
  if (place < 0) return null;
  const sizes = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const positives = sizes[place] ?? 0;
  return { positives, negatives: sizes.reduce((sum, size) => sum + size, 0) - positives };
}

/** Models by falling score; those that failed come last. */
export function ranked(models: readonly RankedModel[]): RankedModel[] {
  return [...models].sort((left, right) => (right.score ?? Number.NEGATIVE_INFINITY) - (left.score ?? Number.NEGATIVE_INFINITY));
}

const isCard = (value: unknown): value is Card => typeof value === "object" && value !== null;

/** Shown elsewhere in the report. */
const ELSEWHERE = new Set(["classes", "most_missing", "ignored", "factors", "figures", "intervals", "baseline", "cautions", "text_en", "text_zh"]);

/** A card's facts one by one, `a.b` for a fact within another; lists of plain values are one text. */
export function cardFacts(card: Card, prefix = ""): readonly (readonly [string, string])[] {
  return Object.entries(card).flatMap(([name, value]): (readonly [string, string])[] => {
    const path = prefix ? `${prefix}.${name}` : name;
    if (value === null || value === undefined || value === "" || ELSEWHERE.has(name)) return [];
    if (Array.isArray(value)) return value.length > 0 && value.every((entry) => typeof entry !== "object") ? [[path, value.join(", ")]] : [];
    if (isCard(value)) return [...cardFacts(value, path)];
    return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}

type CardRemark = Pick<ReportHint, "message_en" | "message_zh">;

/** What a card says in words, by what it is about. */
export function cardRemarks(card: Card): { readonly name: string; readonly remarks: readonly CardRemark[] }[] {
  return Object.entries(card).flatMap(([name, value]) => (!ELSEWHERE.has(name) && Array.isArray(value) && value.length > 0 && value.every(isRemark) ? [{ name, remarks: value }] : []));
}

const isRemark = (value: unknown): value is CardRemark => typeof value === "object" && value !== null && "message_en" in value && "message_zh" in value;
