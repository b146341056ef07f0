/** What was found of one kind of thing in many entries, as sentences that name a few and count all. */
export class Findings {
  readonly #found = new Map<string, { readonly right: string; readonly named: Set<string>; count: number }>();

  /**
   * @param nouns what an entry is called: `['user', 'users']`
   * @param mostNamed how many of one kind are named
   */
  constructor(
    private readonly nouns: readonly [string, string],
    private readonly mostNamed = 5,
  ) {}

  get isEmpty(): boolean {
    return this.#found.size === 0;
  }

  /**
   * Notes one entry.
   * @param fault behind the noun: "without a usable uid"
   * @param right what would be right, a sentence, or nothing
   * @param name an id, or the place where an entry without one stands; nothing that tells who somebody is
   */
  add(fault: string, right: string, name: string): void {
    const found = this.#found.get(fault) ?? { right, named: new Set<string>(), count: 0 };
    found.count += 1;
    if (found.named.size < this.mostNamed) found.named.add(name);
    this.#found.set(fault, found);
  }

  /** One sentence for each kind, the first found first. */
  sentences(): string[] {
    return [...this.#found].map(([fault, { right, named, count }]) => {
      const more = count - named.size;
      const list = [...named, ...(more > 0 && named.size === this.mostNamed ? [`${more} more`] : [])];
      return `${count} ${this.nouns[count === 1 ? 0 : 1]} ${fault} (${list.join(', ')}). ${right}`.trim();
    });
  }
}
