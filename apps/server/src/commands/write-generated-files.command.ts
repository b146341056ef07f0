import { readFile, writeFile } from 'node:fs/promises';
import { Module } from '@nestjs/common';
import { DirectoryModule, FileSource } from '@tokenwarden/directory';
import { ROOMS } from '../app.module.js';
import { NodeResolver } from '../node.resolver.js';
import { emittedSchema } from '../schema.js';
import { auditActionsPage, errorsPage, readmeWithSettings, settingsPage } from './generated-pages.js';

// Nothing of it is started: the file of the directory is never read.
const directory = DirectoryModule.forRoot(new FileSource({ path: '', acceptsPlainPasswords: false }));

@Module({ imports: [...ROOMS, directory], providers: [NodeResolver] })
class SchemaModule {}

/** `npm run schema`: what is written from the code and committed with it. With `--check` it only looks. */
export async function writeGeneratedFiles({ check = false }: { check?: boolean }): Promise<void> {
  const files = {
    'schema.graphql': await emittedSchema(SchemaModule),
    'docs/errors.md': errorsPage(),
    'docs/settings.md': settingsPage(),
    'docs/audit-actions.md': auditActionsPage(),
    'README.md': readmeWithSettings(await readFile('README.md', 'utf8')),
  };
  for (const [path, content] of Object.entries(files)) {
    const isStale = (await readFile(path, 'utf8').catch(() => '')) !== content;
    if (!isStale) continue;
    if (check) {
      process.stderr.write(`${path} is stale: run npm run schema and commit it.\n`);
      process.exitCode = 1;
    } else {
      await writeFile(path, content);
      process.stdout.write(`Wrote ${path}.\n`);
    }
  }
}
