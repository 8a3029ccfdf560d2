/** Of the sheet of the browser: another one starts anew. */
const keyOf = (experimentId: number): string => `openbml.run-draft.1.${experimentId}`;

/** What was filled in when the form was left; null where nothing was. An experiment's form never changes its kind. */
export function readDraft<V>(experimentId: number, storage: Storage = window.sessionStorage): Partial<V> | null {
  const text = storage.getItem(keyOf(experimentId));
  return text === null ? null : (JSON.parse(text) as Partial<V>);
}

export function keepDraft(experimentId: number, values: object, storage: Storage = window.sessionStorage): void {
  storage.setItem(keyOf(experimentId), JSON.stringify(values));
}

export function forgetDraft(experimentId: number, storage: Storage = window.sessionStorage): void {
  storage.removeItem(keyOf(experimentId));
}
