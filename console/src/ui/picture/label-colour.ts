/** A colour that stays the same for a label, distinct enough for some dozens of them. */
export function labelColour(name: string): string {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 3600;
  return `hsl(${(hash * 137.508) % 360} 62% 42%)`;
}
