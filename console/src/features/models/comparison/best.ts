/** The columns that are best of all, where they are not all alike. */
export function bestOf(values: readonly (string | number | null)[], isLowerBetter: boolean): ReadonlySet<number> {
  const numbers = values.filter((value): value is number => typeof value === "number");
  if (numbers.length < 2 || new Set(numbers).size < 2) return new Set();
  const best = isLowerBetter ? Math.min(...numbers) : Math.max(...numbers);
  return new Set(values.flatMap((value, place) => (value === best ? [place] : [])));
}
