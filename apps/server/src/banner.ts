import { demoUsers } from '@tokenwarden/embedded';
import { hostInUrl, shownSmtpServer } from '@tokenwarden/settings';
import type { Parts } from './parts.js';

/** What a person reads when the product is ready: where it is, how to get in, and what is only a stand-in. */
export function banner({ settings, isEmbedded }: Parts): string {
  const here = `http://${hostInUrl(settings.host)}:${settings.port}`;
  const lines = [`Tokenwarden is ready on ${settings.publicUrl}`];
  if (here !== settings.publicUrl)
    lines.push(`  Listens on         ${here}; PUBLIC_URL is how everybody reaches it`);
  lines.push(`  GraphQL            ${settings.publicUrl}/graphql`);
  if (isEmbedded.directory) {
    lines.push(
      `  Demo sign-ins      ${demoUsers
        .filter((user) => user.enabled)
        .map((user) => `${user.username} / ${user.password}`)
        .join(', ')}`,
    );
  }
  if (isEmbedded.postgres)
    lines.push(`  Embedded Postgres  under ${settings.dataDir}; DATABASE_URL replaces it`);
  if (isEmbedded.directory) {
    lines.push('  Demo directory     of made-up people; LDAP_URL or DIRECTORY_FILE replaces it');
  } else {
    lines.push(`  Directory          ${whereFrom(settings)}`);
  }
  lines.push(`  Mail               ${mailLine(settings)}`);
  return lines.join('\n');
}

function mailLine({ mail }: Parts['settings']): string {
  return mail
    ? `by ${shownSmtpServer(mail.server)}, from ${mail.from.address}`
    : 'is not sent: nobody is warned by mail; SMTP_URL switches it on';
}

function whereFrom({ ldap, directoryFile }: Parts['settings']): string {
  return ldap ? `${ldap.urls.join(', ')} (${ldap.schema})` : (directoryFile ?? '');
}
