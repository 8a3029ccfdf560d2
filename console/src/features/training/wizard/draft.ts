import type { RunFormValues } from "./form-values";

/** Of the sheet of the browser: another one starts anew. */
const keyOf = (experimentId: number): string => `openbml.run-draft.1.${experimentId}`;

/** What was filled in when the form was left; null where nothing was. */
export function readDraft(experimentId: number, storage: Storage = window.sessionStorage): Partial<RunFormValues> | null {
  const text = storage.getItem(keyOf(experimentId));
  return text === null ? null : (JSON.parse(text) as Partial<RunFormValues>);
}

export function keepDraft(experimentId: number, values: Partial<RunFormValues>, storage: Storage = window.sessionStorage): void {
  storage.setItem(keyOf(experimentId), JSON.stringify(values));
}

export function forgetDraft(experimentId: number, storage: Storage = window.sessionStorage): void {
  storage.removeItem(keyOf(experimentId));
}
