import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { ScryptOptions } from 'node:crypto';

/** A password as it may be written down: `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */
export type PasswordHash = string;

/** What one hash costs: memory is 128 * N * r bytes, time grows with N * r * p. */
interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

interface ReadHash {
  readonly cost: Cost;
  readonly salt: Buffer;
  readonly key: Buffer;
}

// 32 MiB and about a tenth of a second: bearable for whoever signs in, dear for whoever guesses.
const COST: Cost = { N: 32_768, r: 8, p: 1 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;

// A hash is an input: one that asked for gigabytes, or for minutes, would be a weapon.
const MOST_MEMORY_BYTES = 256 * 1024 * 1024;
const MOST_WORK = 2 ** 24;
const FORM = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9_-]{16,172})\$([A-Za-z0-9_-]{43})$/;

/** Hashes a password with a fresh salt, at today's cost; what `npm run hash-password` prints. */
export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, { cost: COST, salt });
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Whether the text is a hash that `verifyPassword` can work with, within its bounds of memory and time. */
export function isPasswordHash(text: string): boolean {
  return read(text) !== undefined;
}

/**
 * Whether this is the password of the hash; takes as long for a wrong one as for the right one.
 * @throws Error where `hash` is no hash: ask `isPasswordHash` when it is read
 */
export async function verifyPassword(password: string, hash: PasswordHash): Promise<boolean> {
  const known = read(hash);
  if (!known) throw new Error('This is no password hash.');
  return timingSafeEqual(await derive(password, known), known.key);
}

/**
 * A hash that no password has, of the same cost as most of these: verified where there is no user, so that an unknown
 * name takes as long as a known one, also after the cost of new hashes has been raised.
 */
export function decoyFor(hashes: readonly PasswordHash[]): PasswordHash {
  const counts = new Map<string, number>();
  for (const hash of hashes) {
    const cost = hash.split('$').slice(1, 4).join('$');
    counts.set(cost, (counts.get(cost) ?? 0) + 1);
  }
  const [most = [`${COST.N}$${COST.r}$${COST.p}`]] = [...counts].sort((a, b) => b[1] - a[1]);
  return `scrypt$${most[0]}$${randomBytes(SALT_BYTES).toString('base64url')}$${randomBytes(KEY_BYTES).toString('base64url')}`;
}

function read(text: string): ReadHash | undefined {
  const found = FORM.exec(text);
  if (!found) return undefined;
  const [N, r, p] = found.slice(1, 4).map(Number) as [number, number, number];
  const isPowerOfTwo = N >= 2 && (N & (N - 1)) === 0;
  if (!isPowerOfTwo || r < 1 || p < 1) return undefined;
  if (128 * N * r > MOST_MEMORY_BYTES || N * r * p > MOST_WORK) return undefined;
  const salt = Buffer.from(found[4] ?? '', 'base64url');
  const key = Buffer.from(found[5] ?? '', 'base64url');
  return key.length === KEY_BYTES ? { cost: { N, r, p }, salt, key } : undefined;
}

function derive(password: string, { cost, salt }: Omit<ReadHash, 'key'>): Promise<Buffer> {
  // Node refuses anything above 32 MiB unless it is told how much may be taken.
  const options: ScryptOptions = { ...cost, maxmem: 128 * cost.N * cost.r + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    // One form of what people type: an "é" from a Mac is the "é" from a phone (RFC 8265 asks for NFC).
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
