import { createInterface } from 'node:readline';
import { hashPassword } from '@tokenwarden/directory';
import { checkedText, TEXT_LIMITS } from '@tokenwarden/vocabulary';

/** `npm run hash-password`: one line in, one hash out, nothing else on standard output. */
export async function hashPasswordCommand(): Promise<void> {
  const password = checkedText(await firstLine(), 'password', { maximum: TEXT_LIMITS.password });
  process.stdout.write(`${await hashPassword(password)}\n`);
}

async function firstLine(): Promise<string> {
  // The prompt goes to standard error, so that the output can be piped on.
  if (process.stdin.isTTY) process.stderr.write('Password: ');
  const lines = createInterface({ input: process.stdin, terminal: false });
  for await (const line of lines) return line;
  return '';
}
