import { asRecord, PredictionError, UNREADABLE, type Ask } from "@/api/prediction";

/** A row as a request sends it; null is a missing value. */
export type Row = Readonly<Record<string, string | number | null>>;

export interface Contribution {
  readonly feature: string;
  readonly value: unknown;
  readonly contribution: number;
}

/** How an answer came about: `base` is that of usual rows, and the contributions add up to what this one has more or less. */
export interface Explanation {
  readonly base: number;
  readonly contributions: readonly Contribution[];
}

export interface RowAnswer {
  readonly label: string | null;
  /** Of every class, the likeliest first; empty for a value. */
  readonly scores: readonly { readonly name: string; readonly score: number }[];
  readonly value: number | null;
  readonly quantiles: readonly { readonly quantile: string; readonly value: number }[];
  readonly explanation: Explanation | null;
}

export interface TablePrediction {
  readonly answers: readonly RowAnswer[];
  readonly logId: string;
  readonly tookMs: number;
}

/** Asks a model of tables for rows (spec 08 section 7), one answer for each in the same order. */
export async function predictRows(ask: Ask, rows: readonly Row[], explain: boolean): Promise<TablePrediction> {
  const { document, logId, tookMs } = await ask({ data: rows, include_req: false, ...(explain ? { explain: true } : {}) });
  const answers = document.batch_results;
  if (!Array.isArray(answers) || answers.length !== rows.length) throw new PredictionError(UNREADABLE, "", logId);
  return { answers: (answers as unknown[]).map(asRecord).map(answerOf), logId, tookMs };
}

export function answerOf(row: Readonly<Record<string, unknown>>): RowAnswer {
  const scores = Object.entries(asRecord(row.scores)).map(([name, score]) => ({ name, score: Number(score) }));
  const quantiles = Object.entries(asRecord(row.quantiles)).map(([quantile, value]) => ({ quantile, value: Number(value) }));
  return {
    label: typeof row.label === "string" ? row.label : null,
    scores: scores.sort((left, right) => right.score - left.score),
    value: typeof row.value === "number" ? row.value : null,
    quantiles: quantiles.sort((left, right) => Number(left.quantile) - Number(right.quantile)),
    explanation: explanationOf(asRecord(row.explanation)),
  };
}

function explanationOf(told: Record<string, unknown>): Explanation | null {
  if (typeof told.base !== "number" || !Array.isArray(told.contributions)) return null;
  const contributions = (told.contributions as unknown[]).map(asRecord).map((entry) => ({ feature: String(entry.feature), value: entry.value, contribution: Number(entry.contribution) }));
  return { base: told.base, contributions: contributions.sort((left, right) => Math.abs(right.contribution) - Math.abs(left.contribution)) };
}

/** What base and contributions add up to: the answer that is explained. */
export const totalOf = ({ base, contributions }: Explanation): number => contributions.reduce((sum, entry) => sum + entry.contribution, base);

/** The class whose probability an explanation is about: the one that it adds up to. */
export function explainedLabel({ label, scores, explanation }: RowAnswer): string | null {
  if (label === null || !explanation) return null;
  const total = totalOf(explanation);
  const nearest = scores.reduce<(typeof scores)[number] | undefined>((best, entry) => (best === undefined || Math.abs(entry.score - total) < Math.abs(best.score - total) ? entry : best), undefined);
  return nearest?.name ?? label;
}

/** The number that two answers are compared by: the probability of a class, or the value. */
export function figureOf(answer: RowAnswer, label: string | null): number | null {
  if (label === null) return answer.value;
  return answer.scores.find((entry) => entry.name === label)?.score ?? null;
}
