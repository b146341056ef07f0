import type { SearchEntry } from 'ldapts';
import type { LdapEntry } from './ldap-connection.js';

// A byte order mark is part of the value: whoever compares names sees it.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** An entry as it came, its values untouched. */
export class ReceivedEntry implements LdapEntry {
  readonly dn: string;
  readonly attributes: readonly string[];
  readonly #values = new Map<string, Buffer[]>();

  constructor(message: SearchEntry) {
    this.dn = message.name;
    this.attributes = message.attributes.map(({ type }) => type);
    for (const { type, parsedBuffers } of message.attributes) {
      const known = this.#values.get(type.toLowerCase());
      if (known) for (const value of parsedBuffers) known.push(value);
      else this.#values.set(type.toLowerCase(), [...parsedBuffers]);
    }
  }

  /** See `LdapEntry.values`. */
  values(attribute: string): readonly Buffer[] {
    return this.#values.get(attribute.toLowerCase()) ?? [];
  }

  /** See `LdapEntry.text`. */
  text(attribute: string): string | undefined {
    const [value, ...others] = this.values(attribute);
    return value === undefined || others.length > 0 ? undefined : textOf(value);
  }

  /** See `LdapEntry.texts`. */
  texts(attribute: string): readonly string[] {
    return this.values(attribute).flatMap((value) => textOf(value) ?? []);
  }
}

function textOf(value: Buffer): string | undefined {
  try {
    return UTF8.decode(value);
  } catch {
    return undefined;
  }
}
