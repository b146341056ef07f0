/** Medians and spreads: what a series of measurements says. */

/**
 * The middle of a series; of an even number the mean of both middles.
 * @param {readonly number[]} series At least one number
 * @returns {number} The median
 */
export function median(series) {
  const sorted = [...series].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The number below which this share of a series lies.
 * @param {readonly number[]} series At least one number
 * @param {number} share 0 to 1
 * @returns {number} One of the series
 */
export function percentile(series, share) {
  const sorted = [...series].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/**
 * Lowest and highest of a series, as a text.
 * @param {readonly number[]} series At least one number
 * @returns {string} For the column "spread"
 */
export function spread(series) {
  return `${shown(Math.min(...series))} to ${shown(Math.max(...series))}`;
}

/**
 * A figure with three significant digits, or whole where it is large.
 * @param {number} value Any number
 * @returns {string} For a table
 */
export function shown(value) {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
