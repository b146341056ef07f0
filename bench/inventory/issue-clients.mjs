/** So many clients in this process that issue one token after another, whenever the runner asks for it. */

/**
 * Answers each message `{clients, seconds, name}` with how many tokens were issued, and how fast.
 * @param {(number: number, name: string, client: number) => Promise<void>} issue Issues the token of this number
 */
export function clientsFor(issue) {
  let number = 0;
  process.on('message', ({ clients, seconds, name }) => {
    const beganAt = performance.now();
    const endsAt = beganAt + seconds * 1_000;
    const used = process.cpuUsage();
    let count = 0;
    const one = async (client) => {
      while (performance.now() < endsAt) {
        await issue((number += 1), name, client);
        count += 1;
      }
    };
    Promise.all(Array.from({ length: clients }, (_, client) => one(client))).then(
      () => {
        const perSecond = (count * 1_000) / (performance.now() - beganAt);
        const { user, system } = process.cpuUsage(used);
        process.send({ count, perSecond, processorMilliseconds: (user + system) / 1_000 / count });
      },
      (error) => process.send({ error: error.stack }),
    );
  });
}
