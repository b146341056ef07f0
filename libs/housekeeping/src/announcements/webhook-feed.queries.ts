import { rows, type Transaction } from '@tokenwarden/database';

/** How far the webhook was fed. */
export interface Feed {
  readonly isOn: boolean;
  /** Whether there are events behind the last one that it was fed. */
  readonly isBehind: boolean;
}

/** How it stands, for whoever asks whether there is something to do. */
export async function feedNow(tx: Transaction): Promise<Feed> {
  const [feed] = await rows<Feed>(
    tx,
    `SELECT is_on AS "isOn", through_sequence < coalesce((SELECT max(sequence) FROM audit_events), 0) AS "isBehind"
     FROM webhook_feed`,
  );
  if (!feed) throw new Error('The one row of webhook_feed is missing.');
  return feed;
}

/** From now on events behind this place are told. Nothing where it is on: then it goes on from where it is. */
export async function turnFeedOn(tx: Transaction, place: string): Promise<void> {
  await rows(tx, 'UPDATE webhook_feed SET is_on = true, through_sequence = $1::bigint WHERE NOT is_on', [
    place,
  ]);
}

/** From now on nothing is told. @returns whether it was on */
export async function turnFeedOff(tx: Transaction): Promise<boolean> {
  const off = await rows(tx, 'UPDATE webhook_feed SET is_on = false WHERE is_on RETURNING is_on');
  return off.length > 0;
}

/** Up to which place it was fed, held to the end of the transaction; undefined where it is off or somebody else is at it. */
export async function holdFeed(tx: Transaction): Promise<string | undefined> {
  const [feed] = await rows<{ through: string }>(
    tx,
    'SELECT through_sequence::text AS through FROM webhook_feed WHERE is_on FOR UPDATE SKIP LOCKED',
  );
  return feed?.through;
}

/** Notes how far it has been fed now; hold it first. */
export async function moveFeed(tx: Transaction, through: string): Promise<void> {
  await rows(tx, 'UPDATE webhook_feed SET through_sequence = $1::bigint', [through]);
}
