/**
 * How a mail looks. Nothing of it carries meaning: where a mail program drops it, headings, paragraphs and tables are left. All
 * colours of text stand out from their ground by 4.5 to 1 at least, in both schemes.
 */
export const MAIL_STYLE = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; -webkit-text-size-adjust: 100%; }
.page { background: #eef1f5; color: #1b2430; font: 16px/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.mail { width: 100%; max-width: 600px; margin: 0 auto; text-align: left; }
.sheet { background: #ffffff; border: 1px solid #d8dee6; border-top: 4px solid #2257b5; border-radius: 6px; padding: 28px 32px; }
.foot { padding: 16px 32px 32px; color: #526070; font-size: 13px; }
.brand { margin: 0 0 12px; color: #2257b5; font-size: 13px; font-weight: 600; letter-spacing: .04em; }
h1 { margin: 0 0 16px; font-size: 22px; line-height: 1.3; }
h2 { margin: 28px 0 8px; font-size: 17px; line-height: 1.3; }
h3 { margin: 0; font-size: 16px; line-height: 1.4; }
p { margin: 0 0 14px; }
ul { margin: 0 0 14px; padding: 0 0 0 22px; }
li { margin: 0 0 4px; }
a { color: #2257b5; overflow-wrap: anywhere; }
h1, h3, p, li, td { overflow-wrap: anywhere; }
.card { margin: 0 0 12px; padding: 14px 16px; border: 1px solid #d8dee6; border-left: 4px solid #b45309; border-radius: 4px; }
.lead { margin: 2px 0 8px; color: #8f3f04; font-weight: 600; }
.facts { width: 100%; border-collapse: collapse; font-size: 14px; margin: 0 0 14px; }
.card .facts { margin: 0; }
.facts th { width: 96px; padding: 2px 12px 2px 0; color: #526070; font-weight: normal; text-align: left; vertical-align: top; }
.facts td { padding: 2px 0; vertical-align: top; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
h1 code { font-size: 19px; }
.whole { white-space: nowrap; }
pre { margin: 0 0 14px; padding: 12px 14px; background: #f3f5f8; border: 1px solid #d8dee6; border-radius: 4px; white-space: pre-wrap; }
@media (max-width: 480px) {
  .sheet { padding: 20px 18px; border-radius: 0; border-left: 0; border-right: 0; }
  .foot { padding: 14px 18px 24px; }
  .facts th, .facts td { display: block; width: auto; padding-right: 0; }
  .facts th { padding-top: 5px; font-size: 13px; }
  .facts td { padding-top: 0; }
  pre { padding: 10px; font-size: 12px; }
}
@media (prefers-color-scheme: dark) {
  .page { background: #11161d; color: #e4e9ef; }
  .sheet { background: #1a212b; border-color: #303a47; border-top-color: #7aa7f0; }
  .foot, .facts th { color: #9fadbd; }
  .brand, a { color: #8fb6f5; }
  .card { border-color: #303a47; border-left-color: #e0a04a; }
  .lead { color: #f0b461; }
  pre { background: #11161d; border-color: #303a47; }
}
`;
