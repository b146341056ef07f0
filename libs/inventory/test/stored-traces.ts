import { rows, type Database } from '@tokenwarden/database';

/** What a change has left behind, read past the rooms that own it; for the specs of this room. */
export class Traces {
  constructor(private readonly database: Database) {}

  /** The events that wait for their places, in the order of their arrival. */
  events(): Promise<{ action: string; actor: string; target: string | null; details: unknown }[]> {
    return this.read(
      'SELECT action, actor_id AS actor, target_id AS target, details FROM audit_pending_events ORDER BY arrival',
    );
  }

  /** The kinds in the change log. */
  async changes(): Promise<string[]> {
    return (await this.read<{ kind: string }>('SELECT kind FROM changes')).map(({ kind }) => kind);
  }

  /** The ids of the tokens that a bulk revocation names or whose rows say that one was here, sorted. */
  async revokedIds(): Promise<string[]> {
    const found = await this.read<{ id: string }>(
      `SELECT unnest(token_ids) AS id FROM bulk_revocation_sets WHERE written_at IS NULL
       UNION SELECT id FROM access_tokens WHERE revoked_reason IS NOT NULL ORDER BY id`,
    );
    return found.map(({ id }) => id);
  }

  /** How many of the tokens are revoked in their rows. */
  async writtenRows(): Promise<number> {
    const [row] = await this.read<{ count: number }>(
      'SELECT count(*)::integer AS count FROM access_tokens WHERE revoked_at IS NOT NULL',
    );
    return row?.count ?? 0;
  }

  /** Everything above together. */
  async all(): Promise<unknown> {
    return [await this.events(), await this.changes(), await this.revokedIds(), await this.writtenRows()];
  }

  /** Live tokens of a user, so many, named `many 1` and so on. */
  async manyTokens(userId: string, count: number): Promise<void> {
    await this.read(
      `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
         expires_at, ends_at)
       SELECT gen_random_uuid(), 'USER', $1, 'many ' || n, 'many ' || n, 'interactive', '{here}', 'here', 'tokenwarden-sample',
         '2026-01-01', '{"kind": "SYSTEM", "id": null, "name": "Tokenwarden"}', '2999-01-01', '2999-01-01'
       FROM generate_series(1, $2) AS n`,
      [userId, count],
    );
  }

  /** Empties what this class reads, so that a test begins with nothing. */
  async forgetTokens(): Promise<void> {
    for (const table of ['bulk_revocations', 'access_tokens', 'audit_pending_events', 'changes'])
      await this.read(`DELETE FROM ${table}`);
  }

  private read<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.database.read((tx) => rows(tx, sql, parameters));
  }
}
