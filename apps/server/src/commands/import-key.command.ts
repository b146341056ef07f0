import { readFile } from 'node:fs/promises';
import { JwtService } from '@nestjs/jwt';
import { embeddedMasterKey } from '@tokenwarden/embedded';
import { Sealing } from '@tokenwarden/secrets';
import { readSettings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { Logs } from '@tokenwarden/telemetry';
import { invalidInput } from '@tokenwarden/vocabulary';
import { withDatabase } from './with-database.js';

/**
 * `npm run keys:import -- FILE`: instances that run learn of it by themselves.
 * @throws Problem `INVALID_INPUT` where the file is no private JWK that can sign
 */
export async function importKeyCommand(path: string): Promise<void> {
  const jwk = parsedJson(await textOf(path));
  const settings = readSettings(process.env);
  const { kid, activeFrom } = await withDatabase(settings, async (database) => {
    const sealing = new Sealing(settings.masterKey ?? (await embeddedMasterKey(settings.dataDir)));
    const logs = new Logs({ level: 'warn' });
    return new SigningService(database, sealing, settings, new JwtService(), logs).importKey(jwk);
  });
  process.stdout.write(`Imported as ${kid}; it signs from ${activeFrom.toISOString()} on.\n`);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw invalidInput('file', `${path} cannot be read (${why}): name a file with one private JWK as JSON.`);
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidInput('file', 'The file must hold one private JWK as JSON.');
  }
}
