export type Params = Readonly<Record<string, string | number>>;

const PLURAL = /\{(\w+), plural, ((?:\w+ \{[^{}]*\}\s*)+)\}/g;
const BRANCH = /(\w+) \{([^{}]*)\}/g;
const PLACEHOLDER = /\{(\w+)\}/g;

/** Fills `{name}` and `{count, plural, one {# image} other {# images}}` by the rules of the language. */
export function formatMessage(message: string, language: string, params: Params = {}): string {
  const withPlurals = message.replace(PLURAL, (_, name: string, branches: string) => {
    const count = Number(params[name] ?? 0);
    const wanted = new Intl.PluralRules(language).select(count);
    const texts = new Map([...branches.matchAll(BRANCH)].map((match) => [match[1], match[2] ?? ""]));
    const text = texts.get(wanted) ?? texts.get("other") ?? "";
    return text.replaceAll("#", new Intl.NumberFormat(language).format(count));
  });
  return withPlurals.replace(PLACEHOLDER, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : value;
  });
}
