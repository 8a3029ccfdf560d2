/** How figures of evaluations read: most are shares of one, the rest are numbers in units of their own. */

const NUMBERS = new Set(["log_loss", "brier", "expected_error", "rmse", "mae", "median_absolute_error", "r2", "pinball", "poisson_deviance", "score", "best_score", "mcc", "interval_width"]);
const LOWER_IS_BETTER = new Set(["log_loss", "brier", "expected_error", "rmse", "mae", "mape", "median_absolute_error", "pinball", "poisson_deviance", "interval_width"]);

export const isShare = (figure: string): boolean => !NUMBERS.has(figure);

export const isLowerBetter = (figure: string): boolean => LOWER_IS_BETTER.has(figure);

/** Digits that tell two values of this size apart. */
export function digitsOf(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 1000) return 0;
  if (size >= 10) return 2;
  return size >= 0.1 ? 4 : 6;
}
