import type { Database } from '@tokenwarden/database';
import { Notifications } from '@tokenwarden/notifications';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { ExpiryWarningsTask } from '../src/expiry-warnings/expiry-warnings.task.js';
import { IdleRevocationTask } from '../src/idle-revocation/idle-revocation.task.js';
import { PurgeTask } from '../src/purge/purge.task.js';

const settings = new Settings({
  ...{ instanceName: 'keeper', publicUrl: 'https://tokens.example.org', webhook: undefined },
  mail: {
    server: { host: '127.0.0.1', port: 9, isTls: false, credentials: undefined },
    from: { name: 'Tokenwarden', address: 'tokenwarden@example.org' },
  },
} as Partial<SettingsValues> as SettingsValues);
const notifications = (on: Database) =>
  new Notifications(on, new Logs({ level: 'info', destination: { write: () => undefined } }), settings);

/** PURGE of one process. */
export const purge = (on: Database) => new PurgeTask(on);
/** EXPIRY_WARNINGS of one process, with a mail server that nobody runs. */
export const warn = (on: Database) => new ExpiryWarningsTask(on, notifications(on));
/** IDLE_REVOCATION of one process, which waits for no uses in memory. */
export const idle = (on: Database) =>
  new IdleRevocationTask({ database: on, notifications: notifications(on), usesWrittenWithin: 20 });
