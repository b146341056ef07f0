import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { directoryUnavailable, textFault, TEXT_LIMITS } from '@tokenwarden/vocabulary';
import { hasWholeCopy } from './directory-copy.queries.js';
import type { DirectoryAnswer, DirectorySource, DirectoryUser } from './directory-answer.js';

/** Under this token Nest keeps the directory that the settings name. */
export const DIRECTORY_SOURCE = Symbol('directory source');

/** The directory behind the copy: who somebody is, and all that it holds. */
@Injectable()
export class DirectoryService {
  constructor(
    @Inject(DIRECTORY_SOURCE) private readonly source: DirectorySource,
    private readonly database: Database,
  ) {}

  /**
   * The entry of the user with this name and password, as it is now; undefined, alike in time, where the name is unknown,
   * the password wrong or the user disabled. The copy is not touched: that is for `applySignIn`.
   * @throws Problem `DIRECTORY_UNAVAILABLE` where the directory cannot be asked or was never copied whole, `UNAVAILABLE`
   * where the database cannot
   */
  async authenticate(username: string, password: string): Promise<DirectoryUser | undefined> {
    // An empty password would be a sign-in without one at some directories: it never gets there.
    if (password === '' || textFault(username, { maximum: TEXT_LIMITS.username }) !== undefined)
      return undefined;
    // An entry may be good in a file that is not: whoever signed in by it would be all that the copy holds.
    if (!(await this.database.read(hasWholeCopy))) {
      throw directoryUnavailable('The directory has not been read yet. Try again in a moment.');
    }
    return this.source.authenticate(username, password);
  }

  /** All that the directory holds now; faulty where there is any doubt. Resolving never waits for this. */
  async readAll(signal?: AbortSignal): Promise<DirectoryAnswer> {
    return this.source.readAll(signal);
  }
}
