export {
  Settings,
  type LdapSettings,
  type MailSettings,
  type SettingsValues,
  type WebhookSettings,
} from './settings.js';
export { shownSmtpServer } from './mail-across.js';
export type { MailAddress, SmtpServer } from './mail-readers.js';
export {
  readDatabaseSettings,
  readDirectorySettings,
  readSettings,
  SettingsError,
  type DatabaseSettings,
  type DirectorySettings,
  type Environment,
  type FileReader,
} from './read-settings.js';
export { settingsTable } from './settings-table.js';
export { hostInUrl, isLoopback } from './loopback.rules.js';
export { SettingsModule } from './settings.module.js';
