import type { Transaction } from '@tokenwarden/database';
import type { PolicyDocument } from '@tokenwarden/policy';
import type { JsonObject } from '@tokenwarden/vocabulary';
import type { WarningSurroundings } from './telling.js';
import { Collected, goThroughEnds } from './through-ends.js';
import { foreseeNext, type Search } from './through-ends.queries.js';
import { missingChannel, openChannels, type WarningChannels } from './warning-channels.js';

/** For looking at all tokens that a search goes through, statement by statement; nobody waits for a dry run. */
const LOOK_SECONDS = 120;

/** What a dry run found. */
export interface Foreseen {
  readonly collected: Collected;
  readonly channels: WarningChannels;
  /** How many messages it would be, and what would make the run FAILED. */
  readonly details: JsonObject;
}

/**
 * What a run would decide and tell, counted in one snapshot, in which Postgres lets nothing be written.
 * @param searching What is looked for; what else is to be counted in that snapshot is counted by it
 */
export async function foresee(
  surroundings: WarningSurroundings,
  signal: AbortSignal,
  policy: PolicyDocument['expiryWarnings'],
  searching: (tx: Transaction, channels: WarningChannels) => Search | Promise<Search>,
): Promise<Foreseen> {
  const { database, notifications } = surroundings;
  const wouldFail = missingChannel(policy, notifications);
  // Who would be told is the same whatever is missing here.
  const open = openChannels(policy, notifications);
  const channels = { ...open, byMail: policy.channels.includes('EMAIL') };
  const collected = new Collected();
  await database.inSnapshot(
    async (tx) => {
      const search = await searching(tx, channels);
      await goThroughEnds(
        collected,
        signal,
        (work) => work(tx),
        (_, reach) => foreseeNext(tx, search, reach),
      );
    },
    { withinSeconds: LOOK_SECONDS },
  );
  const messages = collected.recipients.size;
  return { collected, channels, details: { messages, ...(wouldFail !== undefined && { wouldFail }) } };
}
