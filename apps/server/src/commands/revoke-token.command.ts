import { holdOffBulkRevocations, lockToken, revokeToken } from '@tokenwarden/tokens';
import { readDatabaseSettings } from '@tokenwarden/settings';
import { checkedText, Problem, SYSTEM, TEXT_LIMITS } from '@tokenwarden/vocabulary';
import { withDatabase } from './with-database.js';

/**
 * `npm run tokens:revoke -- ID --reason TEXT`: for when nobody can sign in. Needs only the database.
 * @throws Problem `INVALID_INPUT`, `NOT_FOUND`
 */
export async function revokeTokenCommand(id: string, options: { reason: string }): Promise<void> {
  const reason = checkedText(options.reason, 'reason', { maximum: TEXT_LIMITS.reason, lines: true });
  const revoked = await withDatabase(readDatabaseSettings(process.env), (database) =>
    database.transaction(async (tx) => {
      await holdOffBulkRevocations(tx);
      const token = await lockToken(tx, id);
      if (!token) throw thereIsNoSuchToken();
      return revokeToken(tx, token, SYSTEM, reason);
    }),
  );
  process.stdout.write(`Revoked ${revoked.id} ("${revoked.name}"). It resolves nowhere any more.\n`);
}

// Whoever has the database may see everything: what is not found is not there.
function thereIsNoSuchToken(): Problem {
  return new Problem('NOT_FOUND', {
    field: 'id',
    detail: 'There is no token with this id. The id of a token is its claim "jti", a UUID in lower case.',
  });
}
