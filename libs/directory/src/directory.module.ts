import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NotificationsModule } from '@tokenwarden/notifications';
import { AdministratorsMail } from './administrators-mail.js';
import { DirectoryViews } from './directory-views.js';
import { DIRECTORY_SOURCE, DirectoryService } from './directory.service.js';
import type { DirectorySource } from './directory-answer.js';
import { GrantsService } from './grants.service.js';
import { GroupsResolver } from './groups.resolver.js';
import { ActorUserResolver, UsersResolver } from './users.resolver.js';

/** Users, groups and grants, for every room above. */
@Module({})
export class DirectoryModule {
  /** `source`: an LDAP server, DIRECTORY_FILE or the file of the demo; whoever made it closes it. */
  static forRoot(source: DirectorySource): DynamicModule {
    return {
      module: DirectoryModule,
      global: true,
      imports: [NotificationsModule],
      providers: [
        { provide: DIRECTORY_SOURCE, useValue: source },
        DirectoryService,
        DirectoryViews,
        AdministratorsMail,
        GrantsService,
        UsersResolver,
        GroupsResolver,
        ActorUserResolver,
      ],
      exports: [DirectoryService, DirectoryViews, AdministratorsMail],
    };
  }
}
