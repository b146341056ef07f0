import { AUDIT_ACTIONS } from '@tokenwarden/audit';
import { settingsTable } from '@tokenwarden/settings';
import { PROBLEM_CODES } from '@tokenwarden/vocabulary';

/** `docs/errors.md`: every code, from the table in the code. */
export function errorsPage(): string {
  const lines = Object.entries(PROBLEM_CODES).map(
    ([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`,
  );
  return `# Errors

Written by \`npm run schema\` from \`libs/vocabulary/src/problem-codes.ts\`.

GraphQL answers them as errors with \`extensions\` of \`code\`, \`requestId\` and, where one input is at fault, \`field\`:
its path as you wrote it, from inside \`input\`, as \`scopes.3\`. HTTP routes answer \`application/problem+json\` (RFC 9457)
with the same \`code\` and the status below; \`/oauth2/…\` answers OAuth's own error bodies. The message says what would be
right. In GraphQL the status is 200 once an operation was executed, 400 where it could not be read, 401 without a good
credential, and 503 with \`Retry-After\` where nothing could be answered.

| code | status | what it means |
|---|--:|---|
${lines.join('\n')}
`;
}

/** `docs/settings.md`: the table of `npm run settings`. */
export function settingsPage(): string {
  return `# Settings

Written by \`npm run schema\`; \`npm run settings\` prints the same table.

${settingsTable()}
`;
}

/** `docs/audit-actions.md`: everything that the trail can say, from the list in the code. */
export function auditActionsPage(): string {
  const lines = Object.entries(AUDIT_ACTIONS).map(([action, meaning]) => `| \`${action}\` | ${meaning} |`);
  return `# What the audit trail can say

Written by \`npm run schema\` from \`libs/audit/src/actions.ts\`. A refused attempt keeps its operation's action with the
outcome REFUSED. Some actions belong to features of later versions.

| action | what happened |
|---|---|
${lines.join('\n')}
`;
}

const TABLE = /(<!-- settings -->\n)[\s\S]*?(\n<!-- \/settings -->)/;

/** The README with the settings as they are; everything else in it is written by hand. */
export function readmeWithSettings(readme: string): string {
  return readme.replace(TABLE, (_, begin: string, end: string) => `${begin}\n${settingsTable()}\n${end}`);
}
