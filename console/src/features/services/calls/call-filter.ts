import { ROLES, type CallFilter } from "@/api/serving";

const wholeNumber = (text: string | null): number | undefined => (text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined);

/** What is listed stands in the address; what is not a value there is left out. */
export function filterOf(params: URLSearchParams): CallFilter {
  const role = ROLES.find((known) => known === params.get("role"));
  const entries: CallFilter = {
    ...textEntry("from", params.get("from")),
    ...textEntry("to", params.get("to")),
    ...textEntry("label", params.get("label")),
    ...(role ? { role } : {}),
    ...numberEntry("app_id", wholeNumber(params.get("app_id"))),
    ...numberEntry("error_code", wholeNumber(params.get("error_code"))),
    ...numberEntry("model_version", wholeNumber(params.get("model_version"))),
    ...(params.get("failed") === "true" ? { failed: true } : {}),
  };
  return entries;
}

const textEntry = (name: "from" | "to" | "label", value: string | null) => (value ? { [name]: value } : {});
const numberEntry = (name: "app_id" | "error_code" | "model_version", value: number | undefined) => (value === undefined ? {} : { [name]: value });

/** The other parts of the address stay. */
export function withFilter(params: URLSearchParams, change: Readonly<Record<string, string | number | boolean | undefined>>): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === "" || value === false) next.delete(name);
    else next.set(name, String(value));
  }
  return next;
}
