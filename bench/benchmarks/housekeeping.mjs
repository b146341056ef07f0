/**
 * a million tokens: a run that warns of 50,000 and one that purges 500,000, beside bare SQL, and what others notice of them
 */
import { companyWithMail } from '../housekeeping/mail-sink.mjs';
import { measurePurge } from '../housekeeping/purge.mjs';
import { measureWarnings } from '../housekeeping/warnings.mjs';
import { fillWithTokens } from '../inventory/fill.mjs';
import { introspections } from '../product/introspections.mjs';

const STEPS = { warnings: measureWarnings, purge: measurePurge };

/** Heads the report. */
export const title = 'Housekeeping at many tokens';

/** Where the product's people come from, and where their mail goes: see `startProduct`. */
export const directory = companyWithMail;

/**
 * All steps, one after the other, on one filled table, with a token introspected all the time.
 * @param {object} bench Product, wishes, and where results go; see conduct.mjs
 */
export async function measure(bench) {
  await fillWithTokens(bench);
  const session = await bench.product.signInAdministrator();
  const load = await introspections(bench.product.url, session);
  bench.undo(() => load.stop());
  load.start();
  for (const [step, run] of Object.entries(STEPS)) if (bench.wants(step)) await run(bench, { session, load });
  await load.stop();
}
