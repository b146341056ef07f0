import type { NamedSome } from './content.js';
import { code, line, name, words, type Line } from './mail-document.js';
import { counted } from './moment-words.rules.js';

/** Why somebody gets an administrators' notice. */
export const BECAUSE_ADMINISTRATOR: Line = line`You get this mail because you are in one of the groups that ${code('ADMIN_GROUPS')} names. Each occasion is told once when it begins and once when it ends.`;

/** Things by name and id, one a line, and how many there are beyond those named. */
export function namedLines({ count, listed }: NamedSome): Line[] {
  const more = count - listed.length;
  return [
    ...listed.map((one) => line`${name(one.name)} (${code(one.id)})`),
    ...(more > 0 ? [line`and ${words(counted(more, 'other'))}`] : []),
  ];
}
