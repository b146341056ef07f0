import { recordingOfSelected } from '@tokenwarden/audit';
import { ADMINISTRATORS_TO_TELL } from '@tokenwarden/directory';
import type { WarningChannels } from './warning-channels.js';

/** Of what tokens are warned: that they end, or that nobody uses them. */
export type WarningKind = 'EXPIRY' | 'IDLE';

/**
 * SQL, behind a WITH query `due` of a statement: further WITH queries that say who is told of each warning (rule 17).
 *
 * `due` names the tokens: `warning_id` (uuid, of its own for each row: say AS MATERIALIZED), `token_id`, `user_id`,
 * `service_account_id`. These give `addressees` (`warning_id`, `user_id`), those who get mail: of a user token the owner while
 * ACTIVE, of a service-account token the ACTIVE members of the account's live groups as they are now, where none of them has an
 * address the administrators; and `unreachable` (`username`), who would be told and have no address.
 */
export function addressWarnings({ byMail }: WarningChannels): string {
  if (!byMail) {
    return `addressees AS (SELECT NULL::uuid AS warning_id, NULL::uuid AS user_id WHERE false),
    unreachable AS (SELECT NULL::text AS username WHERE false)`;
  }
  return `members AS MATERIALIZED (
      SELECT DISTINCT account.id AS account_id, u.id AS user_id, u.username, u.email IS NOT NULL AS is_reachable
      FROM (SELECT DISTINCT service_account_id AS id FROM due WHERE service_account_id IS NOT NULL) AS account
      JOIN service_account_groups l ON l.service_account_id = account.id
      JOIN groups g ON g.id = l.group_id AND g.state = 'ACTIVE'
      JOIN group_members m ON m.group_id = g.id
      JOIN users u ON u.id = m.user_id AND u.state = 'ACTIVE'),
    addressees AS MATERIALIZED (
      SELECT due.warning_id, u.id AS user_id
      FROM due JOIN users u ON u.id = due.user_id AND u.state = 'ACTIVE' AND u.email IS NOT NULL
      UNION ALL
      SELECT due.warning_id, members.user_id
      FROM due JOIN members ON members.account_id = due.service_account_id AND members.is_reachable
      UNION ALL
      SELECT due.warning_id, administrator.id
      FROM due CROSS JOIN (${ADMINISTRATORS_TO_TELL}) AS administrator (id)
      WHERE due.service_account_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM members WHERE members.account_id = due.service_account_id AND members.is_reachable)),
    unreachable AS (
      SELECT u.username FROM due JOIN users u ON u.id = due.user_id AND u.state = 'ACTIVE' AND u.email IS NULL
      UNION
      SELECT members.username FROM members WHERE NOT members.is_reachable)`;
}

/**
 * SQL, behind a WITH query `due` of a statement: all of `addressWarnings`, and WITH queries that write the warnings, who is told
 * of each, and an event `token.warned` for each token. Whose warning reaches nobody is sent at once.
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
      FROM due LEFT JOIN (SELECT warning_id, count(*)::int FROM addressees GROUP BY warning_id) AS told USING (warning_id)),
    addressed AS (
      INSERT INTO token_warning_recipients (warning_id, channel, user_id)
      SELECT warning_id, 'EMAIL', user_id FROM addressees ${toWebhook}),
    chronicle AS (SELECT token_id AS target_id, token_name AS target_name, details FROM due),
    recorded AS (${recordingOfSelected({ action: 'token.warned', targetType: 'token', from: 'chronicle' })})`;
}
