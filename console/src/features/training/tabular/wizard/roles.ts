/** What each column of a table is for; the settings of a run name the columns that are no plain features. */

export const ROLES = ["feature", "target", "weight", "group", "time", "excluded"] as const;
export type Role = (typeof ROLES)[number];

/** At most one column has each of these roles. */
const SINGLE = ["target", "weight", "group", "time"] as const;
type SingleRole = (typeof SINGLE)[number];

export type Roles = { readonly [R in SingleRole]?: string } & { readonly excluded: readonly string[] };

export const NO_ROLES: Roles = { excluded: [] };

export function roleOf(roles: Roles, column: string): Role {
  if (roles.excluded.includes(column)) return "excluded";
  return SINGLE.find((role) => roles[role] === column) ?? "feature";
}

/** The column in its new role; who had a single role before becomes a feature again. */
export function withRole(roles: Roles, column: string, role: Role): Roles {
  const without = Object.fromEntries(SINGLE.flatMap((single) => (roles[single] && roles[single] !== column ? [[single, roles[single]]] : []))) as Partial<Record<SingleRole, string>>;
  const excluded = roles.excluded.filter((name) => name !== column);
  if (role === "feature") return { ...without, excluded };
  if (role === "excluded") return { ...without, excluded: [...excluded, column] };
  return { ...without, [role]: column, excluded };
}

/** All of the columns in or out, as far as they have no single role. */
export function withExcluded(roles: Roles, columns: readonly string[], isExcluded: boolean): Roles {
  const changed = new Set(columns.filter((name) => !SINGLE.some((role) => roles[role] === name)));
  const rest = roles.excluded.filter((name) => !changed.has(name));
  return { ...roles, excluded: isExcluded ? [...rest, ...changed] : rest };
}

/** Roles as far as the columns exist: another dataset may not have them. */
export function rolesWithin(roles: Roles, columns: ReadonlySet<string>): Roles {
  const kept = Object.fromEntries(SINGLE.flatMap((role) => (roles[role] && columns.has(roles[role]) ? [[role, roles[role]]] : []))) as Partial<Record<SingleRole, string>>;
  return { ...kept, excluded: roles.excluded.filter((name) => columns.has(name)) };
}

export function isWithin(roles: Roles, columns: ReadonlySet<string>): boolean {
  return [...SINGLE.flatMap((role) => roles[role] ?? []), ...roles.excluded].every((name) => columns.has(name));
}

/** How many columns are learnt from; the time column is one of them. */
export function featureCount(roles: Roles, total: number): number {
  const away = new Set([...roles.excluded, ...[roles.target, roles.weight, roles.group].filter((name) => name !== undefined)]);
  return total - away.size;
}
