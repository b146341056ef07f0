/** A reply is kept and shown to administrators: nobody reads more. */
const LONGEST = 500;
const BREAKS = /[\p{Cc}\p{Surrogate}\u2028\u2029]+/gu;

/**
 * A reply as it is kept: on one line, at most 500 characters, and without what was said in confidence, should the other side
 * repeat it.
 * @param secrets in each form in which they went over the line
 */
export function keptReply(reply: string, secrets: readonly string[] = []): string {
  const line = [...reply.slice(0, 20 * LONGEST)].join('').replace(BREAKS, ' ').trim();
  const open = secrets.reduce(
    (rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '[redacted]')),
    line,
  );
  return [...open].slice(0, LONGEST).join('') || 'No reason was given.';
}
