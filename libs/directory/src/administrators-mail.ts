import { Injectable } from '@nestjs/common';
import { rows, type Transaction } from '@tokenwarden/database';
import { enqueue, Notifications, type AdministratorNotice, type Recipient } from '@tokenwarden/notifications';

/** SQL: the ids of whom administrators' mail reaches: active, in a live group that ADMIN_GROUPS has pinned, with an e-mail address. */
export const ADMINISTRATORS_TO_TELL = `SELECT u.id FROM users u WHERE u.state = 'ACTIVE' AND u.email IS NOT NULL AND EXISTS (
  SELECT FROM group_members m JOIN administrator_groups a ON a.group_id = m.group_id
    JOIN groups g ON g.id = m.group_id AND g.state = 'ACTIVE' WHERE m.user_id = u.id)`;

/** The administrators who have an e-mail address, each once, by name. */
export async function administratorsToTell(tx: Transaction): Promise<Recipient[]> {
  return rows<Recipient>(
    tx,
    `SELECT u.id, u.display_name AS name, u.email FROM users u WHERE u.id IN (${ADMINISTRATORS_TO_TELL})
     ORDER BY u.username, u.id`,
  );
}

/** Mail to everybody who administers, of what begins or ends. */
@Injectable()
export class AdministratorsMail {
  constructor(private readonly notifications: Notifications) {}

  /**
   * One message to each administrator, in the transaction that decides what it says: told with its commit, or not at all. Where
   * no mail is sent (SMTP_URL) nothing waits for the day on which some is.
   * @param among ids of users, of whom it is told alone; everybody unless given
   * @returns the ids of those to whom it is told
   */
  async tell(tx: Transaction, notice: AdministratorNotice, among?: readonly string[]): Promise<string[]> {
    if (!this.notifications.isMailOn) return [];
    const administrators = await administratorsToTell(tx);
    const recipients = among ? administrators.filter(({ id }) => among.includes(id)) : administrators;
    await enqueue(
      tx,
      recipients.map((recipient) => ({
        channel: 'EMAIL',
        purpose: 'administrators',
        recipient,
        content: notice,
      })),
    );
    return recipients.map(({ id }) => id);
  }

  /** Behind the commit: what was told is sent at once. Without it that is a little later. */
  wake(): void {
    this.notifications.wake();
  }
}
