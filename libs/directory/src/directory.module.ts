import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { DirectoryViews } from './directory-views.js';
import { DIRECTORY_SOURCE, DirectoryService } from './directory.service.js';
import { FileSource, type FileSourceOptions } from './file-source.js';
import { GrantsService } from './grants.service.js';
import { GroupsResolver } from './groups.resolver.js';
import { ActorUserResolver, UsersResolver } from './users.resolver.js';

/** Users, groups and grants, for every room above. */
@Module({})
export class DirectoryModule {
  /** `file`: which one, DIRECTORY_FILE or that of the demo. */
  static forRoot(file: FileSourceOptions): DynamicModule {
    return {
      module: DirectoryModule,
      global: true,
      providers: [
        { provide: DIRECTORY_SOURCE, useFactory: () => new FileSource(file) },
        DirectoryService,
        DirectoryViews,
        GrantsService,
        UsersResolver,
        GroupsResolver,
        ActorUserResolver,
      ],
      exports: [DirectoryService, DirectoryViews],
    };
  }
}
