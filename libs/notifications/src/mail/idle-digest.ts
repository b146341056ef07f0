import { durationSeconds } from '@tokenwarden/vocabulary';
import type { IdleDigest, ListedToken } from './content.js';
import {
  andMore,
  becauseOf,
  howToResume,
  howToRevoke,
  howToSignIn,
  isForAdministrator,
  isPaused,
  tokenFacts,
  whyAdministrator,
} from './digest-parts.js';
import {
  line,
  moment,
  name,
  paragraph,
  strong,
  words,
  type Block,
  type Line,
  type MailDocument,
} from './mail-document.js';
import { counted, distanceInWords, durationInWords, rfc3339 } from './moment-words.rules.js';
import type { MailSetting } from './rendered-mail.js';

/** The mail about tokens that nobody has used for long, and that will be revoked if it stays so. */
export function idleDigest(written: IdleDigest, setting: MailSetting): MailDocument {
  const content = asOfNow(written, setting.now);
  const { tokens, more, after } = content;
  const count = tokens.length + more;
  return {
    subject: subjectOf(content, setting.now),
    title: line`${words(counted(count, 'access token'))} ${words(count === 1 ? 'has' : 'have')} not been used for ${words(durationInWords(after))}`,
    blocks: [
      paragraph(whatItMeans(tokens)),
      ...tokens.map((token) => card(token, setting)),
      ...andMore(more),
      ...howToSignIn(setting),
      ...howToResume(tokens),
      ...howToRevoke(tokens),
      ...whyAdministrator(tokens),
    ],
    because: becauseOf(tokens),
  };
}

// It may have waited to be sent: whoever is told has half of `after` from then, whatever has passed before.
function asOfNow(content: IdleDigest, now: Date): IdleDigest {
  const soonest = now.getTime() + durationSeconds(content.after) * 500;
  const later = (moment: string) => new Date(Math.max(new Date(moment).getTime(), soonest)).toISOString();
  const tokens = content.tokens.map((token) => ({ ...token, revokedFrom: later(token.revokedFrom) }));
  return { ...content, tokens };
}

function whatItMeans(tokens: readonly ListedToken[]): Line {
  if (tokens.every(isForAdministrator)) {
    return line`What nobody uses is revoked, for good, before somebody else finds it. ${strong('To keep a token, see to it that whoever has it uses it once')} before the moment named below${words(tokens.some(isPaused) ? '; a suspended one is resumed first' : '')}. If it is not needed any more, there is nothing to do.`;
  }
  const keeping = tokens.every(isPaused)
    ? line`${strong('To keep a token, resume it and then use it once')} before the moment named below.`
    : line`${strong('To keep a token, use it once')} before the moment named below: that is all.${tokens.some(isPaused) ? line` A suspended one cannot be used: resume it first.` : line``}`;
  return line`What nobody uses is revoked, for good, before somebody else finds it. ${keeping} If it is not needed any more, there is nothing to do.`;
}

function subjectOf({ tokens, more }: IdleDigest, now: Date): Line {
  const count = tokens.length + more;
  const moments = tokens.map(({ revokedFrom }) => new Date(revokedFrom).getTime());
  const first = new Date(Math.min(...moments));
  const when = `${distanceInWords(first, now, 1)} (${rfc3339(first)})`;
  const what = words(counted(count, 'unused access token'));
  const [only] = tokens;
  if (count === 1 && only) return line`${what} will be revoked ${words(when)}: ${name(only.name)}`;
  return line`${what} will be revoked, the first ${words(when)}`;
}

function card(token: IdleDigest['tokens'][number], setting: MailSetting): Block {
  const { now } = setting;
  const from = new Date(token.revokedFrom);
  const unless = words(isPaused(token) ? 'unless resumed and used before' : 'unless used before');
  return {
    kind: 'card',
    title: line`${name(token.name)}`,
    lead: line`Revoked ${words(distanceInWords(from, now))}, ${unless}`,
    facts: [
      ['Revoked', moment(token.revokedFrom)],
      ...tokenFacts(token, setting),
      ['End', moment(token.endsAt)],
    ],
  };
}
