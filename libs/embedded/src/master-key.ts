import { randomBytes } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { CannotStartError } from './cannot-start.js';
import { makePrivateFile, prepareDataDirectory, readIfThere } from './private-files.js';
import { hasCluster } from './postgres/cluster.js';

const KEY_BYTES = 32;

/**
 * The master key of a start without DATABASE_URL: 32 bytes, made once under DATA_DIR as `master.key` (base64, 0600).
 * Call it before `startEmbeddedPostgres`: a new key is made only while there is no database that an older key sealed.
 * @throws CannotStartError when there is a database but no key, or the key's file holds something else
 */
export async function embeddedMasterKey(dataDir: string): Promise<Buffer> {
  const folder = await prepareDataDirectory(dataDir);
  const path = join(folder, 'master.key');
  if ((await readIfThere(path)) === undefined) {
    if (hasCluster(folder)) throw keyIsMissing(path, dataDir);
    await makePrivateFile(path, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
  }
  await chmod(path, 0o600);
  return keyIn((await readIfThere(path)) ?? '', path);
}

function keyIn(text: string, path: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== text.trim()) {
    throw new CannotStartError(
      `${path} does not hold a master key (32 bytes in base64): put back the file that was made with this database.`,
    );
  }
  return key;
}

function keyIsMissing(path: string, dataDir: string): CannotStartError {
  return new CannotStartError(
    `${path} is missing, and the signing keys in the database beside it cannot be read without it: put the file back from ` +
      `a backup. To begin anew, with every issued token lost, remove ${dataDir}.`,
  );
}
