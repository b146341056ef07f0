import type { ExpiryDigest } from './content.js';
import {
  andMore,
  becauseOf,
  howToResume,
  howToRevoke,
  howToRotate,
  howToSignIn,
  isForAdministrator,
  isPaused,
  tokenFacts,
  whyAdministrator,
} from './digest-parts.js';
import {
  code,
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

/** The mail about tokens that end soon (rule 17). */
export function expiryDigest(content: ExpiryDigest, setting: MailSetting): MailDocument {
  const { tokens, more } = content;
  const count = tokens.length + more;
  return {
    subject: subjectOf(content, setting.now),
    title: line`${words(counted(count, 'access token'))} ${words(count === 1 ? 'ends' : 'end')} soon`,
    blocks: [
      paragraph(whatItMeans(content)),
      ...tokens.map((token) => card(token, setting)),
      ...andMore(more),
      ...howToSignIn(setting),
      ...howToResume(tokens),
      ...howToRotate(tokens),
      ...whyAdministrator(tokens),
      ...howToRevoke(tokens.filter(isForAdministrator)),
    ],
    because: becauseOf(tokens),
  };
}

function whatItMeans({ tokens, more }: ExpiryDigest): Line {
  const anyIsPaused = tokens.some(isPaused);
  if (tokens.length > 0 && tokens.every(isForAdministrator)) {
    return line`From its end on a token lets nobody in, and whatever uses it stops. ${strong('See to it that a member rotates in time')} what is still needed: you cannot rotate it, and the end of this mail says what you can do. For what nobody needs there is nothing to do: it ends by itself.`;
  }
  if (tokens.length + more > 1) {
    const first = anyIsPaused ? line` Those that are suspended are resumed first.` : line``;
    return line`From its end on a token lets nobody in, and whatever uses it stops. ${strong('Rotate in time')} those that are still needed.${first} For those that nobody needs there is nothing to do: they end by themselves.`;
  }
  return anyIsPaused
    ? line`The token is suspended and lets nobody in; from its end on it cannot be resumed either. ${strong('Resume it, and rotate it in time')} if it is still needed. If nobody needs it, there is nothing to do: it ends by itself.`
    : line`From its end on the token lets nobody in, and whatever uses it stops. ${strong('Rotate it in time')} if it is still needed. If nobody needs it, there is nothing to do: it ends by itself.`;
}

// It may wait to be sent for longer than the nearest end is away.
function subjectOf({ tokens, more }: ExpiryDigest, now: Date): Line {
  const count = tokens.length + more;
  const nearest = tokens.find(({ endsAt }) => new Date(endsAt) > now) ?? tokens.at(-1);
  if (nearest === undefined) return line`${words(counted(count, 'access token'))} end soon`;
  const end = new Date(nearest.endsAt);
  const when = `${end > now ? 'ends' : 'ended'} ${distanceInWords(end, now, 1)} (${rfc3339(end)})`;
  const what = words(counted(count, 'access token'));
  if (count === 1) return line`${what} ${words(when)}: ${name(nearest.name)}`;
  return line`${what} end soon, the nearest ${words(when)}`;
}

function card(token: ExpiryDigest['tokens'][number], setting: MailSetting): Block {
  const end = new Date(token.endsAt);
  const verb = end > setting.now ? 'Ends' : 'Ended';
  return {
    kind: 'card',
    title: line`${name(token.name)}`,
    lead: line`${words(verb)} ${words(distanceInWords(end, setting.now))}`,
    facts: [
      ['End', moment(token.endsAt)],
      ...tokenFacts(token, setting),
      ['Warning', line`${words(durationInWords(token.threshold))} before its end (${code(token.threshold)})`],
    ],
  };
}
