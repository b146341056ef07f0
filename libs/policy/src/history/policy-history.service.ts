import { Injectable } from '@nestjs/common';
import { pageOf, toConnection, type Connection, type ForwardPageArgs } from '@tokenwarden/api';
import { toActor } from '@tokenwarden/audit';
import { Database } from '@tokenwarden/database';
import { differenceOf } from '../change/difference.rules.js';
import { toPolicy } from '../policy.types.js';
import {
  countVersions,
  listVersions,
  NEWEST_FIRST,
  type VersionInHistory,
} from './policy-history.queries.js';
import { PolicyVersion } from './policy-history.types.js';

/** The versions of the policy; who may see them is decided before. */
@Injectable()
export class PolicyHistoryService {
  constructor(private readonly database: Database) {}

  /**
   * A page of versions, newest first, each with what it changed (rule 13). It may hold fewer than were asked for although it goes on.
   * @throws Problem `INVALID_INPUT` on `first` or `after`, `UNAVAILABLE`
   */
  async versionsOnPage(args: ForwardPageArgs): Promise<Connection<PolicyVersion>> {
    const page = pageOf(
      args,
      { list: 'policyHistory' },
      NEWEST_FIRST.map(({ type }) => type),
    );
    const { versions, size } = await this.database.read((tx) => listVersions(tx, page));
    return toConnection(
      { ...page, size },
      versions.map(toPolicyVersion),
      ({ version }) => [version],
      () => this.database.read(countVersions),
    );
  }
}

/** The stored version as GraphQL's `PolicyVersion`. */
function toPolicyVersion(stored: VersionInHistory): PolicyVersion {
  const { version, createdAt, createdBy, reason, document, documentBefore } = stored;
  return Object.assign(new PolicyVersion(), {
    version,
    createdAt,
    createdBy: toActor(createdBy),
    reason,
    changes: documentBefore === null ? [] : differenceOf(documentBefore, document),
    policy: toPolicy(stored),
  });
}
