import DataLoader from 'dataloader';

/** Reads many at once; keys that it finds nothing for are missing in the answer. At most 500 keys a call. */
export type Batch<K, V> = (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>;

const LARGEST_BATCH = 500;

/** What one request has read so far: a field that is asked for fifty times is read once. Made anew for every request. */
export class Loaders {
  private readonly byBatch = new Map<unknown, DataLoader<unknown, unknown>>();

  /** The value for the key, or undefined. Calls with the very same `batch` function in one turn are read together. */
  load<K, V>(batch: Batch<K, V>, key: K): Promise<V | undefined> {
    let loader = this.byBatch.get(batch) as DataLoader<K, V | undefined> | undefined;
    if (!loader) {
      loader = new DataLoader<K, V | undefined>(
        async (keys) => {
          const found = await batch(keys);
          return keys.map((one) => found.get(one));
        },
        { maxBatchSize: LARGEST_BATCH },
      );
      this.byBatch.set(batch, loader);
    }
    return loader.load(key);
  }

  /** Forgets what was read: for a mutation whose answer must show what it just changed. */
  forget(): void {
    this.byBatch.clear();
  }
}
