/** Which validation of a version was started here, so that a reload finds it again without starting one. */

const keyOf = (modelId: number, version: number): string => `openbml.validation.${modelId}.${version}`;

export function rememberedValidation(modelId: number, version: number, storage: Storage = window.localStorage): number | null {
  const id = Number(storage.getItem(keyOf(modelId, version)));
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}

export function rememberValidation(modelId: number, version: number, validationId: number, storage: Storage = window.localStorage): void {
  storage.setItem(keyOf(modelId, version), String(validationId));
}
