import { unavailable } from '@tokenwarden/vocabulary';

/** Each holds a connection for as long as it looks at all tokens: of the ten that a process has, eight are left to everybody else. */
const MOST_AT_ONCE = 2;
/** With the four seconds that a look may take, a request is answered within five. */
const PATIENCE_MILLISECONDS = 900;

/** Of all that ask for an impact in this process, two are looking at a time; the others wait a little, in the order they came. */
export class ImpactTurns {
  private looking = 0;
  private readonly waiting: (() => void)[] = [];

  /**
   * Does the work when it has its turn.
   * @throws Problem `UNAVAILABLE` where that does not come in time: nothing was done
   */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.looking >= MOST_AT_ONCE) await this.turn();
    else this.looking += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // The turn passes on; between the two nobody else takes it.
      if (next) next();
      else this.looking -= 1;
    }
  }

  private turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(patience);
        resolve();
      };
      const patience = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(enter), 1);
        reject(unavailable('Impacts of other changes are being looked at. Try again in a moment.'));
      }, PATIENCE_MILLISECONDS);
      this.waiting.push(enter);
    });
  }
}
