import { TABULAR_TASK } from "@/api/tabular";
import type { Contract } from "@/api/serving";

/** What a person puts in to try a model of a task. */
export type InputKind = "picture" | "text" | "pair" | "sound" | "rows" | "json";

const KINDS: Readonly<Record<string, InputKind>> = {
  image_classification: "picture",
  image_classification_multi_label: "picture",
  object_detection: "picture",
  instance_segmentation: "picture",
  semantic_segmentation: "picture",
  ocr: "picture",
  text_classification: "text",
  text_classification_multi_label: "text",
  entity_extraction: "text",
  sequence_labelling: "text",
  short_text_matching: "pair",
  audio_classification: "sound",
  [TABULAR_TASK]: "rows",
};

/** A model with its framework's own API takes JSON, whatever its task (spec 08 section 8). */
export function inputOf(taskType: string, contract: Contract | undefined): InputKind {
  return contract === "framework" ? "json" : (KINDS[taskType] ?? "json");
}

/** Tasks that answer their likeliest classes take how many; the others take a threshold (spec 08 sections 5, 9 and 12). */
export type Knob = "top" | "threshold" | "none";

const KNOBS: Readonly<Record<string, Knob>> = {
  image_classification: "top",
  text_classification: "top",
  audio_classification: "top",
  short_text_matching: "none",
  sequence_labelling: "none",
  entity_extraction: "none",
};

export const knobOf = (taskType: string): Knob => KNOBS[taskType] ?? "threshold";

/** Characters that a model reads of a text; a longer one is refused by some tasks and cut by others. */
export const MOST_CHARACTERS: Readonly<Record<string, number>> = { entity_extraction: 512, sequence_labelling: 512 };
export const LONGEST_TEXT = 4096;

export interface KnobValues {
  readonly top: number;
  /** Null: the model's recommended one. */
  readonly threshold: number | null;
}

export function knobRequest(taskType: string, { top, threshold }: KnobValues): { readonly top_num?: number; readonly threshold?: number } {
  switch (knobOf(taskType)) {
    case "top":
      return { top_num: top };
    case "threshold":
      return threshold === null ? {} : { threshold };
    case "none":
      return {};
  }
}

/** The request of a text task; the tokens of sequence labelling are separated by spaces. */
export function textRequest(taskType: string, texts: readonly [string, string], knobs: KnobValues): object {
  const [first, second] = texts;
  if (inputOf(taskType, "task") === "pair") return { text_a: first, text_b: second };
  const text = taskType === "sequence_labelling" ? first.trim().split(/\s+/).join(" ") : first;
  return { text, ...knobRequest(taskType, knobs) };
}

/** A request shown to a person: what is long (pictures, sounds) by its beginning. */
export function shortened(value: unknown): unknown {
  if (typeof value === "string") return value.length > SHOWN_CHARACTERS ? `${value.slice(0, 48)}… (${value.length})` : value;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, shortened(entry)]));
  return value;
}

const SHOWN_CHARACTERS = 5000;
