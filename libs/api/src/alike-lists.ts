import type { Batch, Loaders } from './loaders.js';

/** A kind of list that stands below many parents, read for many of them at once; the key says whose list it is. */
export interface ListsOfEach<T> {
  /** One page of each. */
  readonly pages: Batch<string, readonly T[]>;
  readonly counts: Batch<string, number>;
}

/**
 * The lists of one field in each request: those that are asked for with the same arguments differ in nothing but their
 * parent, and so are read together, by as many statements for fifty parents as for one.
 */
export class AlikeLists<T> {
  private readonly ofRequests = new WeakMap<Loaders, Map<string, ListsOfEach<T>>>();

  /** The lists of this request with these arguments; made at the first call, and the very same ones from then on. */
  with(loaders: Loaders, args: object, make: () => ListsOfEach<T>): ListsOfEach<T> {
    const ofRequest = this.ofRequests.get(loaders) ?? new Map<string, ListsOfEach<T>>();
    this.ofRequests.set(loaders, ofRequest);
    const key = JSON.stringify(Object.entries(args).sort(([one], [other]) => (one < other ? -1 : 1)));
    const lists = ofRequest.get(key) ?? make();
    ofRequest.set(key, lists);
    return lists;
  }
}
