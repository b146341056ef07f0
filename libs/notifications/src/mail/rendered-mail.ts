/** What a mail says beside its content. */
export interface MailSetting {
  /** Where the product is reached. */
  readonly publicUrl: string;
  /** The moment of sending: "in 3 days" counts from it. */
  readonly now: Date;
  /** The recipient, as the directory names them. */
  readonly recipientName: string;
}

/** A mail in its two forms; each value stands in it escaped for its place. */
export interface RenderedMail {
  /** One line of at most 100 characters; whoever sends it encodes it. */
  readonly subject: string;
  /** In lines of at most 72 columns where words allow it, each ended by `\n`. */
  readonly text: string;
  /** A whole document, which loads nothing from anywhere. */
  readonly html: string;
}
