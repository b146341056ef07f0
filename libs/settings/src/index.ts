export { Settings, type SettingsValues } from './settings.js';
export { readSettings, SettingsError, type Environment, type FileReader } from './read-settings.js';
export { settingsTable } from './settings-table.js';
export { isLoopback } from './loopback.rules.js';
export { SettingsModule } from './settings.module.js';
