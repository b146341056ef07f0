import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { GroupState, Scope } from '@tokenwarden/vocabulary';

/** One group of the directory, as last seen there, with what it is granted here. */
@Entity('groups')
export class GroupEntity {
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { name: 'search_text' }) searchText: string;
  @Column('text') state: GroupState;
  @Column('timestamptz', { name: 'removed_at', nullable: true }) removedAt: Date | null;
  @Column('text', { array: true }) grants: Scope[]; // without what is inherent in a pinned group
}

/** That a user is in a group, directly or through groups inside it. */
@Entity('group_members')
export class GroupMemberEntity {
  @PrimaryColumn('uuid', { name: 'group_id' }) groupId: string;
  @PrimaryColumn('uuid', { name: 'user_id' }) userId: string;
}

/** Which group a name in ADMIN_GROUPS stands for: decided once, by id. */
@Entity('administrator_groups')
export class AdministratorGroupEntity {
  @PrimaryColumn('text', { name: 'setting_name' }) settingName: string;
  @Column('uuid', { name: 'group_id' }) groupId: string;
  @Column('timestamptz', { name: 'pinned_at' }) pinnedAt: Date;
}
