import type { Block, Fact, Line, MailDocument, Piece } from './mail-document.js';
import { MAIL_STYLE } from './mail-style.js';
import { escapedHtml, shownText } from './shown-text.rules.js';
import { LONGEST_SHOWN, plain } from './text-part.js';

/** Code as short as a moment is not broken at its hyphens. */
const SHORT_CODE = 20;

/** The mail as one HTML document: it loads nothing, runs nothing, and links to nothing but the product itself. */
export function htmlOf(document: MailDocument, greeting: Line, address: string): string {
  return `<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>${escapedHtml(plain(document.subject))}</title>
<style>${MAIL_STYLE}</style>
</head>
<body class="page">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center">
<table role="presentation" class="mail" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td class="sheet">
<p class="brand">Tokenwarden</p>
<h1>${html(document.title)}</h1>
<p>${html(greeting)}</p>
${document.blocks.map(blockHtml).join('\n')}
</td></tr><tr><td class="foot">
<p>${html(document.because)}</p>
<p>${linkHtml(address)}</p>
</td></tr></table>
</td></tr></table>
</body>
</html>
`;
}

function html(pieces: Line): string {
  return pieces.map(pieceHtml).join('');
}

// The one place where a piece becomes markup: its text is escaped in each of these.
function pieceHtml({ text, manner }: Piece): string {
  switch (manner) {
    case 'words':
      return escapedHtml(text);
    case 'strong':
      return `<strong>${escapedHtml(text)}</strong>`;
    case 'name':
      return `<strong><bdi>${escapedHtml(shownText(text, LONGEST_SHOWN.name))}</bdi></strong>`;
    case 'value':
      return `<bdi>${escapedHtml(shownText(text, LONGEST_SHOWN.value))}</bdi>`;
    case 'code':
      return `<code${text.length <= SHORT_CODE ? ' class="whole"' : ''}>${escapedHtml(text)}</code>`;
    case 'link':
      return linkHtml(text);
  }
}

// Settings let nothing else pass as PUBLIC_URL; another scheme would run in whoever clicks it.
function linkHtml(address: string): string {
  const shown = escapedHtml(address);
  return /^https?:\/\//.test(address) ? `<a href="${shown}">${shown}</a>` : shown;
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${html(block.line)}</p>`;
    case 'heading':
      return `<h2>${escapedHtml(block.words)}</h2>`;
    case 'facts':
      return factsHtml(block.facts);
    case 'list':
      return `<ul>${block.lines.map((one) => `<li>${html(one)}</li>`).join('')}</ul>`;
    case 'code':
      return `<pre>${block.lines.map(escapedHtml).join('\n')}</pre>`;
    case 'card':
      return `<div class="card"><h3>${html(block.title)}</h3><p class="lead">${html(block.lead)}</p>${factsHtml(block.facts)}</div>`;
  }
}

function factsHtml(facts: readonly Fact[]): string {
  const rows = facts.map(
    ([label, value]) => `<tr><th scope="row">${escapedHtml(label)}</th><td>${html(value)}</td></tr>`,
  );
  return `<table class="facts" cellpadding="0" cellspacing="0" border="0">${rows.join('')}</table>`;
}
