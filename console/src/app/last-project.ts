const STORAGE_KEY = "openbml.project";

export function lastProject(storage: Storage = window.localStorage): number | null {
  const value = Number(storage.getItem(STORAGE_KEY));
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

export function rememberProject(projectId: number, storage: Storage = window.localStorage): void {
  storage.setItem(STORAGE_KEY, String(projectId));
}
