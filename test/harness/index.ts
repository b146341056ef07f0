export { emptyDatabase, freshDatabase, type TestDatabase } from './fresh-database.js';
export { databaseForSpecs, type DatabaseForSpecs } from './database-for-specs.js';
export {
  freePort,
  newFolder,
  startProduct,
  startRefused,
  type EndedProduct,
  type ProductOptions,
  type RunningProduct,
} from './product.js';
export { until } from './until.js';
export { headersFor, type Credentials } from './credentials.js';
export { signIn, signOut, type SignedIn } from './sign-in.js';
export { graphql, GraphQLAnswer, type GraphQLFailure } from './graphql.js';
export { introspect, revoke, type OAuthAnswer } from './oauth.js';
export { debianPackages, libraryPath } from './directories/debian-packages.js';
export { startSlapd, type RunningSlapd, type SlapdOptions } from './directories/slapd.js';
export { SAMBA_USERS, startSamba } from './directories/samba.js';
export { DIRSRV_USERS, startDirsrv } from './directories/dirsrv.js';
export type { RunningDirectory } from './directories/running-directory.js';
export {
  certificateFor,
  testCertificates,
  type ServerCertificate,
  type TestCertificates,
} from './directories/certificates.js';
export { companyGroupId, companyLdif, companyUserId } from './directories/company-ldif.js';
export { ldapEnvironment } from './directories/ldap-environment.js';
export {
  SECRET_PATH,
  startWebhookReceiver,
  type ReceivedRequest,
  type ReceiverReply,
  type WebhookReceiver,
} from './webhook-receiver.js';
export { tcpProxy, type TcpProxy } from './directories/tcp-proxy.js';
export {
  startSmtp,
  type ArrivedMail,
  type RunningSmtp,
  type SmtpOptions,
  type SmtpReply,
  type SmtpScript,
} from './smtp.js';
