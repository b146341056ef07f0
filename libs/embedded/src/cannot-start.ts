/**
 * Why the product cannot start here, as one plain line for the person who started it: print the message, leave the
 * stack out, exit with 1. It says what would be right.
 */
export class CannotStartError extends Error {
  override readonly name: string = 'CannotStartError';
}

/** Another living product holds this DATA_DIR. */
export class DataDirectoryInUseError extends CannotStartError {
  override readonly name = 'DataDirectoryInUseError';

  /**
   * @param dataDir the contested folder
   * @param holder who has it
   * @param holder.pid its process id
   * @param holder.instance its INSTANCE_NAME
   */
  constructor(dataDir: string, holder: { pid: number; instance: string }) {
    super(
      `DATA_DIR ${dataDir} is in use by ${holder.instance} (pid ${holder.pid}): ` +
        'stop that one, or start this one with another DATA_DIR and PORT.',
    );
  }
}

/** The `code` of a Node system error (`ENOENT`, `EEXIST`, …); undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
