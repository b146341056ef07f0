import { redacted } from '@tokenwarden/telemetry';

/** In code points. */
const LONGEST_AGENT = 500;

/**
 * A user agent as it is kept with a token's last use: without secrets (rule 2), control characters and halves of characters,
 * cut at 500 code points; undefined where nothing visible is left.
 */
export function keptAgent(agent: string | undefined): string | undefined {
  if (agent === undefined || agent.trim() === '') return undefined;
  const visible = redacted(agent).replaceAll(/[\p{Cc}\p{Surrogate}\u2028\u2029]/gu, '\uFFFD');
  return [...visible].slice(0, LONGEST_AGENT).join('');
}
