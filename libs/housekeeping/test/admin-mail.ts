import type { AdministratorNotice } from '@tokenwarden/notifications';
import type { MailSettings } from '@tokenwarden/settings';

/** A mail server that is asked for nothing: in these tests nobody starts the senders. */
export const MAIL_ON: MailSettings = {
  server: { host: '127.0.0.1', port: 1, isTls: false, credentials: undefined },
  from: { name: undefined, address: 'tokenwarden@example.com' },
};

/** Looks into a database. */
type Sql = <T>(sql: string, parameters?: readonly unknown[]) => Promise<T[]>;

/** Two administrators who have an address, one who has none, and somebody else. */
export async function someAdminister(sql: Sql): Promise<void> {
  await sql('TRUNCATE users, groups, outbox_messages CASCADE');
  await sql(`INSERT INTO groups (id, name, search_text, grants, state)
    VALUES ('7e1b9d34-2c68-4a57-8f90-000000000001', 'admins', 'admins', '{}', 'ACTIVE')`);
  await sql(`INSERT INTO administrator_groups (setting_name, group_id) SELECT name, id FROM groups`);
  await sql(`INSERT INTO users (id, username, canonical_username, display_name, email, search_text, state)
    SELECT ('0c5a6f2e-4b1d-4f0e-9a3b-00000000000' || n)::uuid, name, name, name, email, name, 'ACTIVE'
    FROM (VALUES (1, 'ada', 'ada@example.com'), (2, 'grace', NULL), (3, 'linus', 'linus@example.com'),
      (4, 'edsger', 'edsger@example.com')) AS person (n, name, email)`);
  await sql(`INSERT INTO group_members (group_id, user_id)
    SELECT g.id, u.id FROM groups g, users u WHERE u.username <> 'edsger'`);
}

/** What administrators were told, in order: each notice with whom it is for. */
export async function toldByMail(sql: Sql): Promise<{ notice: AdministratorNotice; to: string[] }[]> {
  const found = await sql<{ notice: AdministratorNotice; to: string[] }>(
    `SELECT content AS notice, array_agg(recipient_email ORDER BY recipient_email) AS to FROM outbox_messages
     WHERE purpose = 'administrators' GROUP BY content ORDER BY min(created_at)`,
  );
  return found;
}

/** Only which, in order. */
export async function occasions(sql: Sql): Promise<string[]> {
  return (await toldByMail(sql)).map(({ notice }) => notice.type);
}
