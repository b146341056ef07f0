import { randomUUID } from 'node:crypto';
import type { Transaction } from '@tokenwarden/database';
import { usersByIds } from '@tokenwarden/directory';
import { enqueue, type OutgoingEvent, type OutgoingMail } from '@tokenwarden/notifications';
import { NOBODY } from '@tokenwarden/vocabulary';
import type { RunContext } from '../runs/run.js';
import { writePatiently } from '../runs/write-patiently.js';
import { digestOf, eventsOf, type WarningSubject } from './digest-content.js';
import {
  dropOpen,
  nextForWebhook,
  nextRecipients,
  noteMessages,
  openTokens,
  type OpenToken,
  type OpenWarnings,
} from './open-warnings.queries.js';
import { markSent } from './settling.queries.js';
import type { WarningChannels } from './warning-channels.js';

/** The most tokens of one event of a webhook. */
const MOST_IN_EVENT = 500;

/**
 * Makes of all that is decided and in no message yet, by this run or by one that was killed, one message for each recipient, and
 * for the webhook some events: each set with what it is of in one transaction, so that nobody is told twice. What does not
 * matter any more by now is told to nobody; nor is what goes by a channel that is off.
 * @returns How many messages it were
 */
export async function makeDigests(
  context: RunContext,
  subject: WarningSubject,
  { byMail, byWebhook }: WarningChannels,
): Promise<number> {
  return (await makeMails(context, subject, byMail)) + (await makeEvents(context, subject, byWebhook));
}

async function makeMails(context: RunContext, subject: WarningSubject, isOn: boolean): Promise<number> {
  const open: OpenWarnings = { channel: 'EMAIL', kind: subject.kind };
  let [behind, made]: [string | undefined, number] = [NOBODY, 0];
  while (behind !== undefined) {
    const from: string = behind;
    const set = await writePatiently(context, async (tx) => {
      const ids = await nextRecipients(tx, open, from);
      return { last: ids.at(-1), made: await mailTo(tx, open, subject, { ids, isOn }) };
    });
    behind = set.last;
    made += set.made;
  }
  return made;
}

interface Recipients {
  readonly ids: readonly string[];
  readonly isOn: boolean;
}

async function mailTo(
  tx: Transaction,
  open: OpenWarnings,
  subject: WarningSubject,
  { ids, isOn }: Recipients,
): Promise<number> {
  await drop(tx, open, ids, isOn);
  if (ids.length === 0 || !isOn) return 0;
  const tokens = await openTokens(tx, open, ids);
  const users = await usersByIds(tx, ids);
  const byUser = byRecipient(tokens);
  const mails = ids.flatMap((id): OutgoingMail[] => {
    const ofUser = byUser.get(id) ?? [];
    const user = users.get(id);
    if (!user || ofUser.length === 0) return [];
    const recipient = { id, name: user.displayName, email: user.email ?? '' };
    return [{ channel: 'EMAIL', purpose: 'token-warning', recipient, content: digestOf(subject, ofUser) }];
  });
  const messages = await enqueue(tx, mails);
  await noteMessages(
    tx,
    open,
    new Map(mails.map(({ recipient }, i) => [recipient.id, messages[i] ?? NOBODY])),
  );
  return mails.length;
}

async function makeEvents(context: RunContext, subject: WarningSubject, isOn: boolean): Promise<number> {
  const open: OpenWarnings = { channel: 'WEBHOOK', kind: subject.kind };
  for (let made = 0; ;) {
    const set = await writePatiently(context, async (tx) => {
      const ids = await nextForWebhook(tx, subject.kind, MOST_IN_EVENT);
      await drop(tx, open, ids, isOn);
      const tokens = isOn ? await openTokens(tx, open, ids) : [];
      const noted = new Map<string, string>();
      const events = eventsOf(subject, tokens).map(({ content, warningIds }): OutgoingEvent => {
        const id = randomUUID();
        for (const warningId of warningIds) noted.set(warningId, id);
        return { channel: 'WEBHOOK', purpose: 'token-warning', id, content };
      });
      await enqueue(tx, events);
      await noteMessages(tx, open, noted);
      // What is left is less urgent than another warning of the same token: that one tells of it.
      await drop(tx, open, ids, false);
      return { looked: ids.length, made: events.length };
    });
    made += set.made;
    if (set.looked < MOST_IN_EVENT) return made;
  }
}

async function drop(
  tx: Transaction,
  open: OpenWarnings,
  ids: readonly string[],
  isOn: boolean,
): Promise<void> {
  await markSent(tx, await dropOpen(tx, open, ids, isOn ? 'stale' : 'all'));
}

function byRecipient(tokens: readonly OpenToken[]): Map<string, OpenToken[]> {
  const found = new Map<string, OpenToken[]>();
  for (const token of tokens) {
    const id = token.userId ?? NOBODY;
    const of = found.get(id);
    if (of) of.push(token);
    else found.set(id, [token]);
  }
  return found;
}
