/**
 * Lists of at most so many items, in their order, each for one statement; whoever makes the items one by one never has all of
 * them at once. Of no items there is no list.
 */
export function* inBatches<T>(items: Iterable<T>, most: number): Generator<readonly T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < most) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
