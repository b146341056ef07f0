import type { Filter } from 'ldapts';

/** One entry as the directory gave it. Attribute names count without regard to case; options (`member;range=0-1499`) are part of them. */
export interface LdapEntry {
  readonly dn: string;
  /** The attributes that came with the entry, spelled as they came. */
  readonly attributes: readonly string[];
  /** The values in the order in which they came; none where the attribute is absent. */
  values(attribute: string): readonly Buffer[];
  /** The one value as text; undefined where there is none, more than one, or no UTF-8. */
  text(attribute: string): string | undefined;
  /** Those of the values that are UTF-8, as texts: fewer than `values` where some are not. */
  texts(attribute: string): readonly string[];
}

/** What is asked. Values that come from elsewhere stand in a `Filter` object, never in a text. */
export interface LdapSearch {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  /** A text only where it is the operator's or the product's own. */
  readonly filter: Filter | string;
  /** At least one: asking for none would be asking for all. */
  readonly attributes: readonly string[];
  /** Entries a page; 500 where left out. Without meaning for the scope `base`, which is one entry at most. */
  readonly pageSize?: number;
}

/** A connection on which LDAP_BIND_DN is bound. Once it is lost it stays lost: it never connects again by itself. */
export interface LdapConnection {
  /**
   * The entries, page by page; only when it ends without an error was the answer whole. One search of scope `sub` at a
   * time; one of scope `base` may be made between its pages. Each page has 5 seconds.
   * @throws LdapFault for anything but a whole success: another result, a referral, a reference to elsewhere, a time-out,
   * a lost connection. What came before is no answer.
   */
  pages(search: LdapSearch, signal?: AbortSignal): AsyncGenerator<readonly LdapEntry[]>;
}
