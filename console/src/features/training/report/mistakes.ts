import type { Mark } from "@/ui/picture/marked-picture";
import type { ReportObject, WrongExample } from "./report";

export type MistakeKind = "wrong" | "false_positive" | "missed";

export interface Mistake {
  readonly label: string;
  readonly kind: MistakeKind;
}

/** Which mistakes are looked at; a picture with another label than its own counts as both kinds. */
export interface MistakeFilter {
  readonly label: string | null;
  readonly falsePositives: boolean;
  readonly missed: boolean;
}

export const ALL_MISTAKES: MistakeFilter = { label: null, falsePositives: true, missed: true };

export function mistakesOf(example: WrongExample): Mistake[] {
  if (typeof example.true === "string") return [{ label: example.true, kind: "wrong" }];
  if (example.per_label) {
    return example.per_label.flatMap((part) => [
      ...(part.false_pixels > 0 ? [{ label: part.label, kind: "false_positive" } as const] : []),
      ...(part.missed_pixels > 0 ? [{ label: part.label, kind: "missed" } as const] : []),
    ]);
  }
  const named = (objects: readonly ReportObject[] | undefined, kind: MistakeKind): Mistake[] => (objects ?? []).map((object) => ({ label: object.label, kind }));
  return [...named(example.false_positives, "false_positive"), ...named(example.missed, "missed")];
}

function isWanted(mistake: Mistake, filter: MistakeFilter): boolean {
  const kind = mistake.kind === "wrong" || (mistake.kind === "missed" ? filter.missed : filter.falsePositives);
  return kind && (filter.label === null || filter.label === mistake.label);
}

export function examplesOf(examples: readonly WrongExample[], filter: MistakeFilter): WrongExample[] {
  return examples.filter((example) => {
    const mistakes = mistakesOf(example);
    if (mistakes.length === 0) return filter.label === null && (filter.falsePositives || filter.missed);
    return mistakes.some((mistake) => isWanted(mistake, filter));
  });
}

export interface LabelMistakes {
  readonly label: string;
  readonly count: number;
}

/** How many of the listed examples have a mistake of each label, the most first. */
export function mistakesByLabel(examples: readonly WrongExample[]): LabelMistakes[] {
  const counts = new Map<string, number>();
  for (const example of examples) {
    for (const label of new Set(mistakesOf(example).map((mistake) => mistake.label))) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts]
    .map(([label, count]) => ({ label, count }))
    .sort((left, right) => right.count - left.count || left.label.localeCompare(right.label));
}

/** Whether the task tells false positives from missed ones. */
export const tellsKinds = (examples: readonly WrongExample[]): boolean => examples.some((example) => typeof example.true !== "string");

interface MarkTexts {
  readonly percent: (value: number) => string;
}

/** What is drawn over an example: red for false positives, orange for missed, green for right ones (spec 03 section 2.14). */
export function marksOf(example: WrongExample, filter: MistakeFilter, withRight: boolean, texts: MarkTexts): Mark[] {
  const matches = (object: ReportObject): boolean => filter.label === null || filter.label === object.label;
  const drawn = (objects: readonly ReportObject[] | undefined, tone: Mark["tone"]): Mark[] =>
    (objects ?? []).filter((object) => object.box ?? object.mask).filter(matches).map((object) => markOf(object, tone, texts));
  return [
    ...(withRight ? drawn(example.right, "right") : []),
    ...(filter.missed ? drawn(example.missed, "missed") : []),
    ...(filter.falsePositives ? drawn(example.false_positives, "false_positive") : []),
    ...pixelMarks(example, filter),
  ];
}

function markOf(object: ReportObject, tone: Mark["tone"], texts: MarkTexts): Mark {
  const text = typeof object.score === "number" ? texts.percent(object.score) : null;
  return { label: object.label, text, tone, box: object.box ?? null, mask: object.mask ?? null };
}

function pixelMarks(example: WrongExample, filter: MistakeFilter): Mark[] {
  const part = filter.label === null ? example : example.per_label?.find((row) => row.label === filter.label);
  const mark = (mask: string | undefined, tone: Mark["tone"]): Mark[] => (mask ? [{ label: "", tone, mask }] : []);
  return [...(filter.missed ? mark(part?.missed_mask, "missed") : []), ...(filter.falsePositives ? mark(part?.false_mask, "false_positive") : [])];
}
