import 'reflect-metadata';
import { Command } from 'commander';
import { settingsTable } from '@tokenwarden/settings';
import { exitSentence } from '../exit-sentence.js';

const DIRECTORY_CHECK_HELP = `
It takes LDAP_* or DIRECTORY_FILE, ADMIN_GROUPS and HOST from the environment, needs no database and changes nothing.
Exit code 0: a synchronisation would be whole. 1: it would not, and standard error says why.`;

// A command loads what it needs, not what the others need: --help and settings answer at once.
const program = new Command('npm run')
  .description('The commands of Tokenwarden. They take the same settings from the environment as npm start.')
  .showHelpAfterError();

program
  .command('settings')
  .description('Prints every setting, its default and its meaning.')
  .action(printSettings);
program
  .command('hash-password')
  .description('Reads one line from standard input, or asks, and prints its passwordHash for DIRECTORY_FILE.')
  .action(async () => (await import('./hash-password.command.js')).hashPasswordCommand());
program
  .command('schema')
  .description('Writes schema.graphql, docs/errors.md and docs/settings.md.')
  .option('--check', 'write nothing; exit with 1 where one of them is stale')
  .action(async (options: { check?: boolean }) =>
    (await import('./write-generated-files.command.js')).writeGeneratedFiles(options),
  );
program
  .command('migration:run')
  .description('Brings the database up to this version; npm start does it too.')
  .action(async () => (await import('./migrate.command.js')).migrateCommand());
program
  .command('admin-groups:pin')
  .description('Ties each name of ADMIN_GROUPS to the group that bears it now.')
  .action(async () =>
    (await import('./pin-administrator-groups.command.js')).pinAdministratorGroupsCommand(),
  );
program
  .command('directory:check')
  .description('Reads the directory as a synchronisation would, and says what it found and what is wrong.')
  .addHelpText('after', DIRECTORY_CHECK_HELP)
  .action(async () => (await import('./check-directory.command.js')).checkDirectoryCommand());
program
  .command('keys:import')
  .description('Makes a private JWK the next active signing key.')
  .argument('<file>', 'a JSON file with one private JWK: EC P-256, or RSA of 2048 bits or more')
  .action(async (file: string) => (await import('./import-key.command.js')).importKeyCommand(file));
program
  .command('tokens:revoke')
  .description('Ends a token, for when nobody can sign in. Needs only the database.')
  .argument('<id>', "the token's id: the claim jti")
  .requiredOption('--reason <text>', 'kept with the token and in the audit trail')
  .action(async (id: string, options: { reason: string }) =>
    (await import('./revoke-token.command.js')).revokeTokenCommand(id, options),
  );

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${exitSentence(error)}\n`);
  process.exitCode = 1;
}

function printSettings(): void {
  process.stdout.write(`${settingsTable()}\n`);
}
