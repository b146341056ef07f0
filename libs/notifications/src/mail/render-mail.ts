import type { MailContent } from './content.js';
import { expiryDigest } from './expiry-digest.js';
import { htmlOf } from './html-part.js';
import { idleDigest } from './idle-digest.js';
import { line, type MailDocument } from './mail-document.js';
import { accountsOrphaned, accountsPastGrace, accountsRecovered, orphanDeleted } from './orphan-notices.js';
import type { MailSetting, RenderedMail } from './rendered-mail.js';
import { shownText } from './shown-text.rules.js';
import { taskFails, taskRecovers } from './task-notices.js';
import { answerHeld, answerReleased } from './held-notices.js';
import { plain, textOf } from './text-part.js';

/** The longest subject in code points: what matters stands first in it. */
const LONGEST_SUBJECT = 100;
/** The longest name in a greeting. */
const LONGEST_GREETED = 100;

/** The mail for one recipient, in words: a pure function of what is given. */
export function renderMail(content: MailContent, setting: MailSetting): RenderedMail {
  const document = documentOf(content, setting);
  const called = shownText(setting.recipientName, LONGEST_GREETED);
  const greeting = called === '' ? line`Hello,` : line`Hello ${called},`;
  return {
    subject: shownText(plain(document.subject), LONGEST_SUBJECT),
    text: textOf(document, greeting, setting.publicUrl),
    html: htmlOf(document, greeting, setting.publicUrl),
  };
}

function documentOf(content: MailContent, setting: MailSetting): MailDocument {
  switch (content.type) {
    case 'expiry-digest':
      return expiryDigest(content, setting);
    case 'idle-digest':
      return idleDigest(content, setting);
    case 'task-fails':
      return taskFails(content, setting);
    case 'task-recovers':
      return taskRecovers(content, setting);
    case 'answer-held':
      return answerHeld(content, setting);
    case 'answer-released':
      return answerReleased(content, setting);
    case 'accounts-orphaned':
      return accountsOrphaned(content, setting);
    case 'accounts-recovered':
      return accountsRecovered(content, setting);
    case 'accounts-past-grace':
      return accountsPastGrace(content, setting);
    case 'orphan-deleted':
      return orphanDeleted(content, setting);
  }
}
