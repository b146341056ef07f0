/**
 * What a calculation gives that stops again and again so that others get a turn (`Slices`), without stopping: for one
 * that is small.
 */
export function atOnce<T>(calculation: Generator<void, T>): T {
  for (;;) {
    const step = calculation.next();
    if (step.done) return step.value;
  }
}
