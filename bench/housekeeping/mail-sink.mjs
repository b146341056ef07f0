/** A company whose mail goes to a server that takes everything and keeps nothing. */
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { writeDirectory } from '../product/company.mjs';

/**
 * Writes the directory and starts the mail server.
 * @param {object} bench `undo` stops it; `bench.mails` counts
 * @param {string} folder For the directory's file
 * @returns {Promise<Record<string, string>>} The settings that lead to both
 */
export async function companyWithMail(bench, folder) {
  const path = join(folder, 'directory.json');
  await writeDirectory(path);
  bench.mails = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      stream.resume();
      stream.once('end', () => {
        bench.mails += 1;
        done();
      });
    },
  });
  server.on('error', (error) => bench.say(`mail: ${error.message}`));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  bench.undo(() => new Promise((resolve) => server.close(resolve)));
  return {
    DIRECTORY_FILE: path,
    SMTP_URL: `smtp://127.0.0.1:${server.server.address().port}`,
    MAIL_FROM: 'tokenwarden@example.com',
  };
}
