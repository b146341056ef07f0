import type { Database } from '@tokenwarden/database';
import { DirectoryViews } from '@tokenwarden/directory';
import { ServiceAccountViews } from '@tokenwarden/service-accounts';
import type { TokenViews } from '../src/token-views/token-views.js';
import { ViewerCanResolver } from '../src/token-views/viewer-can.resolver.js';

/** The resolver of `viewerCan` on this database; made once for a request, or it reads nothing together. */
export function viewerCanOn(database: Database, views: TokenViews): ViewerCanResolver {
  const directory = new DirectoryViews(database);
  return new ViewerCanResolver(views, directory, new ServiceAccountViews(database, directory));
}
