import type { Block, Fact, Line, MailDocument, Piece } from './mail-document.js';
import { columnsOf, MAIL_COLUMNS, wrapped } from './plain-lines.rules.js';
import { shownText } from './shown-text.rules.js';

/** The longest that a mail shows of what comes from somebody, in code points: a name has 256 at the most, what a run says more. */
export const LONGEST_SHOWN = { name: 256, value: 1_000 } as const;
const INDENT = '  ';

/** The mail as plain text, in lines of at most 72 columns where words allow it. */
export function textOf(document: MailDocument, greeting: Line, address: string): string {
  const parts = [
    wrapped(plain(greeting)),
    wrapped(plain(document.title)),
    ...document.blocks.map(linesOf),
    // Mail programs know this line, and leave what follows out of answers.
    ['-- ', ...wrapped(plain(document.because)), ...wrapped(address)],
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** A line without any form, what came from somebody made to fit into it. */
export function plain(pieces: Line, quotes = true): string {
  return pieces.map((piece) => plainPiece(piece, quotes)).join('');
}

function plainPiece({ text, manner }: Piece, quotes: boolean): string {
  const shown = manner === 'name' || manner === 'value' ? shownText(text, LONGEST_SHOWN[manner]) : text;
  return manner === 'name' && quotes ? `"${shown}"` : shown;
}

function linesOf(block: Block): string[] {
  switch (block.kind) {
    case 'paragraph':
      return wrapped(plain(block.line));
    case 'heading':
      return [block.words, '-'.repeat(Math.min(columnsOf(block.words), MAIL_COLUMNS))];
    case 'facts':
      return factLines(block.facts, '');
    case 'list':
      return block.lines.flatMap((one) => wrapped(plain(one), '- ', '  '));
    case 'code':
      return block.lines.map((one) => INDENT + one);
    case 'card':
      return [
        ...wrapped(plain(block.title, false), '* ', '  '),
        ...wrapped(plain(block.lead), INDENT),
        ...factLines(block.facts, INDENT),
      ];
  }
}

function factLines(facts: readonly Fact[], indent: string): string[] {
  const width = Math.max(...facts.map(([label]) => columnsOf(label))) + 2;
  return facts.flatMap(([label, value]) =>
    wrapped(plain(value), indent + label.padEnd(width), indent + ' '.repeat(width)),
  );
}
