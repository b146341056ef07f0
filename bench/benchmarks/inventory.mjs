/**
 * a million tokens: pages near and far, a page by GraphQL, issuing with its audit event, revoking 100,000 at once
 */
import { measureBulkRevocation } from '../inventory/bulk-revocation.mjs';
import { fillWithTokens } from '../inventory/fill.mjs';
import { measureIssuing } from '../inventory/issue.mjs';
import { measurePageOfFifty } from '../inventory/page-of-fifty.mjs';
import { measurePages } from '../inventory/pages.mjs';

const STEPS = {
  pages: measurePages,
  graphql: measurePageOfFifty,
  issue: measureIssuing,
  revoke: measureBulkRevocation,
};

/** Heads the report. */
export const title = 'Inventory and issuing at many tokens';

/**
 * All steps, one after the other, on one filled table.
 * @param {object} bench Product, wishes, and where results go; see conduct.mjs
 */
export async function measure(bench) {
  await fillWithTokens(bench);
  for (const [step, run] of Object.entries(STEPS)) if (bench.wants(step)) await run(bench);
}
