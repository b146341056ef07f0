/** One benchmark from start to end: product, measuring, report, and everything taken away again. */
import { writeReport } from './report.mjs';
import { startProduct } from './product/product.mjs';

/**
 * Runs a benchmark on a product of its own and writes its results; also after Ctrl-C nothing that it made is left.
 * @param {string} name Of the benchmark: its results are bench/results/NAME.json and NAME.md
 * @param {{title: string, measure: (bench: object) => Promise<void>, directory?: (bench: object, folder: string) =>
 * Promise<Record<string, string>>}} benchmark What a file of benchmarks/ exports; see `startProduct` for `directory`
 * @param {{tokens: number, rounds: number, seconds: number, warmUpSeconds: number, steps?: string[]}} wish How much is
 * measured
 * @throws Error where the product does not start, or answers wrongly: a figure of a wrong answer is worth nothing
 */
export async function conduct(name, { title, measure, directory }, wish) {
  const undo = [];
  const clean = async () => {
    while (undo.length > 0)
      await undo
        .pop()()
        .catch((error) => console.error(error.message));
  };
  const interrupted = () => void clean().then(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const rows = [];
  const bench = {
    wish,
    /** Takes away at the end what was made; the last first. */
    undo: (step) => undo.push(step),
    say: (sentence) => console.error(`${new Date().toISOString().slice(11, 19)}  ${sentence}`),
    /** One line of the result: {what, value, unit, goal?, holds?, spread?, beside?}. */
    add: (row) => rows.push(row),
    wants: (step) => wish.steps === undefined || wish.steps.includes(step),
  };
  try {
    bench.say(`${name}: starting the product`);
    bench.product = await startProduct(bench, directory);
    await measure(bench);
    await writeReport(name, { title, rows, wish, product: bench.product });
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await clean();
  }
}
