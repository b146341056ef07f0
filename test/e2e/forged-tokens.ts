import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder, type RunningProduct } from '../harness/index.js';
import { npmRun } from './command.js';

/** A token in its three parts, the first two read. */
export interface ReadToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly parts: readonly [header: string, claims: string, signature: string];
}

/**
 * Reads a token without believing it.
 * @param value The token
 * @returns Its parts
 */
export function readToken(value: string): ReadToken {
  const [header = '', claims = '', signature = ''] = value.split('.');
  const read = (part: string) =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  return { header: read(header), claims: read(claims), parts: [header, claims, signature] };
}

/**
 * One part of a token.
 * @param content An object, or text that is to stand there as it is
 * @returns base64url
 */
export function part(content: object | string): string {
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64url');
}

/** A key that signs for whoever has it. */
export interface ForgingKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** A token with these contents; text stands there as it is. */
  token(header: object | string, claims: object | string): string;
}

/**
 * A key nobody else has.
 * @param kid As tokens name it
 * @returns The key
 */
export function strangersKey(kid: string): ForgingKey {
  return forgingKey(kid, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

/**
 * A key that the product itself believes: made here and imported into it while it runs, so that only what a token says can
 * be wrong with it.
 * @param product Running, with an embedded Postgres
 * @returns The key
 */
export async function importedKey(product: RunningProduct): Promise<ForgingKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const file = join(newFolder('key'), 'key.json');
  writeFileSync(file, JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
  const env = { DATA_DIR: product.dataDirectory, PORT: new URL(product.url).port };
  const { output, errors } = await npmRun('keys:import', [file], { env });
  const kid = /tokenwarden-[a-z0-9-]+/.exec(output)?.[0];
  if (kid === undefined) throw new Error(`The key was not imported: ${output}${errors}`);
  return forgingKey(kid, privateKey);
}

function forgingKey(kid: string, privateKey: KeyObject): ForgingKey {
  return {
    kid,
    privateKey,
    token: (header, claims) => {
      const input = `${part(header)}.${part(claims)}`;
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
  };
}

/**
 * The other signature that is right for the same key and text: ECDSA's s, counted from the other end.
 * @param value A token
 * @returns Its twin
 */
export function highTwin(value: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const [header, claims, signature = ''] = value.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return `${header}.${claims}.${twin.toString('base64url')}`;
}
