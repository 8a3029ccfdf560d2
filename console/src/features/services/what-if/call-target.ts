import type { Keys, Predictor } from "../prediction";

/** Whom to ask, and in whose name. */
export interface CallTarget {
  readonly predictor: Predictor;
  readonly url: string;
  readonly keys: Keys;
  readonly appId: number;
}
