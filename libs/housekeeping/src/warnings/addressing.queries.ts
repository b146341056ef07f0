import { recordingOfSelected } from '@tokenwarden/audit';
import { rows, type Transaction } from '@tokenwarden/database';
import { ADMINISTRATORS_TO_TELL } from '@tokenwarden/directory';
import { NOBODY } from '@tokenwarden/vocabulary';
import type { WarningChannels } from './warning-channels.js';

/** Of what tokens are warned: that they end, or that nobody uses them. */
export type WarningKind = 'EXPIRY' | 'IDLE';

/** Of a batch of warnings so many recipients are written at once, by one statement that takes no second. */
export const MOST_ADDRESSED = 10_000;

/**
 * SQL, behind a WITH query `due` of a statement: further WITH queries that say who is told of each warning (rule 17).
 *
 * `due` names the tokens: `warning_id` (uuid, of its own for each row: say AS MATERIALIZED), `token_id`, `user_id`,
 * `service_account_id`. Mail gets of a user token the owner while ACTIVE, of a service-account token the ACTIVE members of the
 * account's live groups as they are now, where none of them has an address the administrators. These give `owners`
 * (`warning_id`, `user_id`) and `of_accounts` (`account_id`, `user_id`), and of both `addressees` (`warning_id`, `user_id`), which
 * may be very many and are made by who reads them; `told` (`warning_id`, `count`), how many there are of each; and `unreachable`
 * (`username`), who would be told and have no address.
 */
export function addressWarnings({ byMail }: WarningChannels): string {
  return `${byMail ? BY_MAIL : BY_NO_MAIL},
    addressees AS NOT MATERIALIZED (
      SELECT warning_id, user_id FROM owners
      UNION ALL
      SELECT due.warning_id, of_accounts.user_id FROM due JOIN of_accounts ON of_accounts.account_id = due.service_account_id),
    told AS MATERIALIZED (
      SELECT warning_id, 1 AS count FROM owners
      UNION ALL
      SELECT due.warning_id, of_account.count
      FROM due JOIN (SELECT account_id, count(*)::int FROM of_accounts GROUP BY account_id) AS of_account
        ON of_account.account_id = due.service_account_id)`;
}

const BY_NO_MAIL = `owners AS (SELECT NULL::uuid AS warning_id, NULL::uuid AS user_id WHERE false),
    of_accounts AS (SELECT NULL::uuid AS account_id, NULL::uuid AS user_id WHERE false),
    unreachable AS (SELECT NULL::text AS username WHERE false)`;

const BY_MAIL = `members AS MATERIALIZED (
      SELECT DISTINCT account.id AS account_id, u.id AS user_id, u.username, u.email IS NOT NULL AS is_reachable
      FROM (SELECT DISTINCT service_account_id AS id FROM due WHERE service_account_id IS NOT NULL) AS account
      JOIN service_account_groups l ON l.service_account_id = account.id
      JOIN groups g ON g.id = l.group_id AND g.state = 'ACTIVE'
      JOIN group_members m ON m.group_id = g.id
      JOIN users u ON u.id = m.user_id AND u.state = 'ACTIVE'),
    owners AS MATERIALIZED (
      SELECT due.warning_id, u.id AS user_id
      FROM due JOIN users u ON u.id = due.user_id AND u.state = 'ACTIVE' AND u.email IS NOT NULL),
    of_accounts AS MATERIALIZED (
      SELECT account_id, user_id FROM members WHERE is_reachable
      UNION ALL
      SELECT alone.id, administrator.id
      FROM (
        SELECT DISTINCT service_account_id AS id FROM due WHERE service_account_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM members WHERE members.account_id = due.service_account_id AND members.is_reachable)
      ) AS alone CROSS JOIN (${ADMINISTRATORS_TO_TELL}) AS administrator (id)),
    unreachable AS (
      SELECT u.username FROM due JOIN users u ON u.id = due.user_id AND u.state = 'ACTIVE' AND u.email IS NULL
      UNION
      SELECT members.username FROM members WHERE NOT members.is_reachable)`;

/**
 * SQL, behind a WITH query `due` of a statement: all of `addressWarnings`, and WITH queries that write the warnings, who is told
 * of each, and an event `token.warned` for each token. Whose warning reaches nobody is sent at once. Where more than
 * `MOST_ADDRESSED` are told of all of them together, nobody who gets mail is written: see `addressed`.
 *
 * Beside the columns above `due` has `token_name`, `ends_at` (of EXPIRY the end that is warned of; of IDLE null),
 * `threshold_seconds` (of IDLE the policy's `after`) and `details` (jsonb, of the event).
 */
export function decideWarnings(kind: WarningKind, channels: WarningChannels): string {
  const sentAtOnce = channels.byWebhook
    ? 'NULL'
    : 'CASE WHEN told.count IS NULL THEN statement_timestamp() END';
  const toWebhook = channels.byWebhook ? `UNION ALL SELECT warning_id, 'WEBHOOK', NULL FROM due` : '';
  return `${addressWarnings(channels)},
    warned AS (
      INSERT INTO token_warnings (id, token_id, kind, ends_at, threshold_seconds, decided_at, recipients, sent_at)
      SELECT due.warning_id, due.token_id, '${kind}', due.ends_at, due.threshold_seconds, statement_timestamp(),
        coalesce(told.count, 0), ${sentAtOnce}
      FROM due LEFT JOIN told USING (warning_id)),
    addressed AS (
      INSERT INTO token_warning_recipients (warning_id, channel, user_id)
      SELECT warning_id, 'EMAIL', user_id FROM addressees WHERE (SELECT sum(count) FROM told) <= ${MOST_ADDRESSED} ${toWebhook}),
    chronicle AS (SELECT token_id AS target_id, token_name AS target_name, details FROM due),
    recorded AS (${recordingOfSelected({ action: 'token.warned', targetType: 'token', from: 'chronicle' })})`;
}

/**
 * Writes who gets mail of one warning, which stands and has no such recipients yet, by members' ids, so many a statement. Do it
 * in the transaction that decides the warning: who is killed leaves nothing of it.
 */
export async function addressInParts(
  tx: Transaction,
  warningId: string,
  channels: WarningChannels,
): Promise<void> {
  let behind: string | null = NOBODY;
  while (behind !== null) behind = await addressPart(tx, warningId, channels, behind);
  // Who came or went meanwhile is in some of these statements and not in others.
  await rows(
    tx,
    `UPDATE token_warnings SET recipients =
       (SELECT count(*) FROM token_warning_recipients r WHERE r.warning_id = $1 AND r.channel = 'EMAIL') WHERE id = $1`,
    [warningId],
  );
}

async function addressPart(
  tx: Transaction,
  warningId: string,
  channels: WarningChannels,
  behind: string,
): Promise<string | null> {
  const [part] = await rows<{ last: string | null }>(
    tx,
    `WITH due AS MATERIALIZED (
       SELECT w.id AS warning_id, t.user_id, t.service_account_id
       FROM token_warnings w JOIN access_tokens t ON t.id = w.token_id WHERE w.id = $1),
     ${addressWarnings(channels)},
     next AS MATERIALIZED (
       SELECT warning_id, user_id FROM addressees WHERE user_id > $2 ORDER BY user_id LIMIT ${MOST_ADDRESSED}),
     addressed AS (
       INSERT INTO token_warning_recipients (warning_id, channel, user_id) SELECT warning_id, 'EMAIL', user_id FROM next)
     SELECT user_id AS last FROM next ORDER BY user_id DESC LIMIT 1`,
    [warningId, behind],
  );
  return part?.last ?? null;
}
