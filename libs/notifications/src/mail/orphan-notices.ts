import { durationSeconds } from '@tokenwarden/vocabulary';
import type {
  AccountsOrphaned,
  AccountsPastGrace,
  AccountsRecovered,
  NamedSome,
  OrphanDeleted,
} from './content.js';
import {
  code,
  facts,
  heading,
  line,
  link,
  list,
  moment,
  momentFrom,
  name,
  operation,
  paragraph,
  strong,
  words,
  type Block,
  type Line,
  type MailDocument,
} from './mail-document.js';
import { counted, durationInWords } from './moment-words.rules.js';
import { BECAUSE_ADMINISTRATOR, namedLines } from './notice-parts.js';
import type { MailSetting } from './rendered-mail.js';

/** The last group of service accounts is gone (rule 11). */
export function accountsOrphaned(content: AccountsOrphaned, { publicUrl, now }: MailSetting): MailDocument {
  const { accounts, orphanedAt } = content;
  return {
    subject: line`Tokenwarden: ${accountsWords(accounts)} ${words(isAre(accounts))} orphaned`,
    title: line`${accountsWords(accounts)} ${words(isAre(accounts))} orphaned`,
    blocks: [
      facts(['Since', momentFrom(orphanedAt, now)]),
      list(namedLines(accounts)),
      heading('What it means'),
      paragraph(
        line`The last group of ${words(each(accounts))} has gone from the directory. From now on ${strong('their tokens let nobody in')}, and what uses them has stopped. Nobody can issue or rotate them.`,
      ),
      ...wayBack(content, publicUrl),
      paragraph(line`You are told once more when this is over.`),
    ],
    because: BECAUSE_ADMINISTRATOR,
  };
}

/** Service accounts have a live group again. */
export function accountsRecovered(
  { accounts, recoveredAt, linkedBy }: AccountsRecovered,
  { now }: MailSetting,
): MailDocument {
  const how =
    linkedBy === null
      ? line`A group of ${words(each(accounts))} is back in the directory.`
      : line`${name(linkedBy)} linked it to a live group.`;
  return {
    subject: line`Tokenwarden: ${accountsWords(accounts)} ${words(accounts.count === 1 ? 'has' : 'have')} a live group again`,
    title: line`${accountsWords(accounts)} ${words(accounts.count === 1 ? 'has' : 'have')} a live group again`,
    blocks: [
      facts(['Since', momentFrom(recoveredAt, now)]),
      list(namedLines(accounts)),
      paragraph(
        line`${how} The tokens resolve again as they did before, but for those that were ended or suspended meanwhile. There is nothing to do.`,
      ),
    ],
    because: BECAUSE_ADMINISTRATOR,
  };
}

/** The grace in which orphaned service accounts could come back is over. */
export function accountsPastGrace(
  { accounts, endedAt, grace, revokedTokens }: AccountsPastGrace,
  { now }: MailSetting,
): MailDocument {
  return {
    subject: line`Tokenwarden: ${accountsWords(accounts)} cannot be brought back any more`,
    title: line`${accountsWords(accounts)} cannot be brought back any more`,
    blocks: [
      facts(
        ['Since', momentFrom(endedAt, now)],
        ['Tokens', line`${words(counted(revokedTokens, 'token'))} revoked`],
      ),
      list(namedLines(accounts)),
      heading('What it means'),
      paragraph(
        line`The last group of ${words(each(accounts))} has been gone for longer than the grace that the policy gives, ${words(durationInWords(grace))} (${code(grace)}). Their tokens are revoked for good.`,
      ),
      heading('What to do'),
      paragraph(
        line`What still needs such an account needs another one: ${code('createServiceAccount')}, and new tokens. What nobody needs can be deleted:`,
      ),
      ...deletion(accounts),
    ],
    because: BECAUSE_ADMINISTRATOR,
  };
}

/** Somebody deleted an orphaned service account. */
export function orphanDeleted(
  { account, deletedAt, deletedBy, revokedTokens }: OrphanDeleted,
  { now }: MailSetting,
): MailDocument {
  return {
    subject: line`Tokenwarden: the orphaned service account ${name(account.name)} is deleted`,
    title: line`The orphaned service account ${name(account.name)} is deleted`,
    blocks: [
      facts(
        ['Deleted', momentFrom(deletedAt, now)],
        ['By', line`${deletedBy}`],
        ['Account', line`${account.name} (${code(account.id)})`],
        ['Tokens', line`${words(counted(revokedTokens, 'token'))} revoked`],
      ),
      paragraph(line`It waits for nothing any more, and nothing brings it back. There is nothing to do.`),
    ],
    because: BECAUSE_ADMINISTRATOR,
  };
}

function wayBack({ accounts, grace, recoverableUntil }: AccountsOrphaned, publicUrl: string): Block[] {
  const [first] = accounts.listed;
  if (durationSeconds(grace) === 0 || first === undefined) {
    return [
      heading('What to do'),
      paragraph(
        line`The policy gives no grace: nothing brings them back. What still needs such an account needs another one (${code('createServiceAccount')}), and new tokens.`,
      ),
    ];
  }
  return [
    heading('What to do'),
    paragraph(
      line`Until ${moment(recoverableUntil)} the same tokens work again as soon as either happens: the group is back in the directory under its old id, or you link the account to a live group. After that they are revoked for good. To link it, send this to ${link(`${publicUrl}/graphql`)} (this needs ${code('service-accounts:write')}, and all that the group grants):`,
    ),
    operation(
      'mutation {',
      '  updateServiceAccount(input: {',
      `    id: "${first.id}"`,
      '    groupIds: ["ID OF A LIVE GROUP"]',
      '  }) {',
      '    serviceAccount { id state }',
      '  }',
      '}',
    ),
  ];
}

function deletion({ listed: [first] }: NamedSome): Block[] {
  if (first === undefined) return [];
  return [
    operation(
      'mutation {',
      '  deleteServiceAccount(input: {',
      `    id: "${first.id}"`,
      '  }) {',
      '    revokedTokens',
      '  }',
      '}',
    ),
  ];
}

const accountsWords = ({ count }: NamedSome): Line => [words(counted(count, 'service account'))];
const isAre = ({ count }: NamedSome): string => (count === 1 ? 'is' : 'are');
const each = ({ count }: NamedSome): string => (count === 1 ? 'this account' : 'each of these accounts');
