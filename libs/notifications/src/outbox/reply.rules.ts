/** A reply is kept and shown to administrators: nobody reads more. */
const LONGEST = 500;
const BREAKS = /[\p{Cc}\p{Surrogate}\u2028\u2029]+/gu;
/** An e-mail address as servers quote it, in a URL too. Bounded, so that a long reply is gone through once. */
const ADDRESS =
  /(?:"[^"@]{1,64}"|[^\s@%<>(),:;"=?&/\\[\]]{1,64})(?:@|%40)(?:[\p{L}\p{N}\p{M}_-]+(?:\.[\p{L}\p{N}\p{M}_-]+)*|\[[^\]\s]{1,255}\])/giu;
/** A shorter name is rather a word of the reply; one without a letter is rather its code. */
const NAME = /^(?=.*\p{L}).{3,}$/u;

/** What a reply must not repeat where it is kept. */
export interface Unsaid {
  /** In each form in which they went over the line. */
  readonly secrets?: readonly string[];
  /** The address of whom it is about, in each form in which a server may write it. */
  readonly recipient?: readonly string[];
}

/**
 * A reply as it is kept: on one line, at most 500 characters, without what was said in confidence, should the other side repeat
 * it, and without naming anybody: logs, events and the webhook repeat it. Who the recipient is stands beside it in the outbox.
 */
export function keptReply(reply: string, { secrets = [], recipient = [] }: Unsaid = {}): string {
  const line = reply.replace(BREAKS, ' ').trim();
  const open = secrets.reduce(
    (rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '[redacted]')),
    line,
  );
  return [...withoutPeople(open, recipient)].slice(0, LONGEST).join('') || 'No reason was given.';
}

function withoutPeople(line: string, recipient: readonly string[]): string {
  const names = new Set(recipient.map((address) => address.slice(0, address.lastIndexOf('@'))));
  const recipientForms = [
    ...recipient,
    ...recipient.map((address) => address.replace('@', '%40')),
    ...[...names].filter((name) => NAME.test(name)),
  ];
  const withoutRecipient = recipientForms.reduce(
    (rest, form) => rest.replace(standingAlone(form), '[recipient]'),
    line,
  );
  return withoutRecipient.replace(ADDRESS, '[address]');
}

// A name within a longer word or address is another one.
function standingAlone(form: string): RegExp {
  const literal = form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(String.raw`(?<![\p{L}\p{N}._%+@-])${literal}(?![\p{L}\p{N}_%@-]|\.[\p{L}\p{N}])`, 'giu');
}
