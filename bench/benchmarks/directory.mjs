/**
 * a company of 100,000 people and 5,000 groups on OpenLDAP: read, compared and written, and what others notice of it
 */
import { startCompany } from '../directory/company.mjs';
import { measureFirst, measureNext } from '../directory/synchronisation.mjs';

/** Heads the report. */
export const title = 'A whole company from its directory';

/** Where the product's people come from: see `startProduct`. */
export const directory = startCompany;

/**
 * The synchronisation at the first start, then such that find nothing changed, then such that find much changed.
 * @param {object} bench Product, wishes, and where results go; see conduct.mjs
 */
export async function measure(bench) {
  await measureFirst(bench);
  if (bench.wants('same')) await measureNext(bench, 'same');
  if (bench.wants('changed')) await measureNext(bench, 'changed');
  bench.add(await bench.company.memory(bench.product));
}
