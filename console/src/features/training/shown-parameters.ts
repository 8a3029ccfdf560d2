/** Hyper-parameters as people read them: the settings of a table are kept as one of them in JSON, and shown one by one. */
export function shownParameters(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const { tabular, ...rest } = parameters;
  if (tabular === undefined) return rest;
  const settings = JSON.parse(tabular) as Readonly<Record<string, unknown>>;
  const texts = Object.entries(settings).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  return { ...(Object.fromEntries(texts) as Record<string, string>), ...rest };
}
