import { DEFINITIONS } from './definitions.js';
import type { SettingDefinition } from './definitions.js';

/** The reference of all settings as a markdown table, as `npm run settings` prints it and README and docs show it. */
export function settingsTable(): string {
  const definitions = Object.values(DEFINITIONS) as readonly SettingDefinition<unknown>[];
  const lines = [['Setting', 'Default', 'Meaning'], ...definitions.map(cellsOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const [heading = '', ...rest] = lines.map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [heading, rule, ...rest, ''].join('\n');
}

function cellsOf({ name, fallback, shownDefault, meaning, isSecret }: SettingDefinition<unknown>): string[] {
  const written = fallback === '' || fallback === undefined ? 'none' : `\`${fallback}\``;
  return [
    `\`${name}\``,
    shownDefault ?? written,
    isSecret ? `${meaning} (secret, or \`${name}_FILE\`)` : meaning,
  ];
}
