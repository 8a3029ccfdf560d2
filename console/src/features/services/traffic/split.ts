import type { Traffic } from "@/api/serving";

/** Percent of the calls that each version answers; together always 100. */
export interface Shares {
  readonly main: number;
  readonly challenger: number;
}

/** In shadow mode callers get the first version's answers only, whatever the share says. */
export function sharesOf({ challenger_share, shadow }: Traffic): Shares {
  const challenger = shadow ? 0 : clamp(challenger_share);
  return { main: 100 - challenger, challenger };
}

export function withShare(traffic: Traffic, share: number): Traffic {
  return { ...traffic, challenger_share: clamp(share) };
}

export function isChanged(draft: Traffic, known: Traffic): boolean {
  return draft.challenger_share !== known.challenger_share || draft.sticky !== known.sticky || draft.shadow !== known.shadow;
}

const clamp = (share: number): number => Math.max(0, Math.min(100, Math.round(share)));
