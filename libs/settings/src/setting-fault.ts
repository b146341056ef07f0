/** A value that a setting cannot have. The message says what would be right and never repeats the value. */
export class SettingFault extends Error {
  override readonly name = 'SettingFault';
}
