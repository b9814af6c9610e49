// The text of a certificate's QR code (docs, Formats: QR text), and what other codes are.
// The same rule as verify/core/qr_text.py, held by tests/vectors/project/qr_text.json; the server judges again.

const MAX_TEXT = 10_000;
const SHORTEST = 100; // digits: no signed statement has fewer, payment codes of digits alone do
const UNSEEN = /[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe0e\ufe0f\ufeff]/g;
// Unicode's White_Space: what \s means differs from language to language.
const SPACE = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const AROUND = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "g");
const ADDRESS = `https?://(?:https?:?//)?[^/?#${SPACE}]+/q/`;
const ADDED = `/?(?:\\?[^#${SPACE}]*|(?:&[^=&#${SPACE}]+=[^&#${SPACE}]*)*)(?:#[^${SPACE}]*)?`;
const TEXT = new RegExp(`^(${ADDRESS})?([1-9][0-9]{0,1999})${ADDED}$`, "i");
const BEGINS = new RegExp(`^(?:${ADDRESS}|[0-9]{${SHORTEST}})`, "i");

export type OtherKind = "payment" | "health_certificate" | "link" | "other";

/** Text without what nobody sees and the white space around it; empty where it is too long to be anything. */
function bare(text: string): string {
  return text.length > MAX_TEXT ? "" : text.replace(UNSEEN, "").replace(AROUND, "");
}

/** The digits of a certificate's code, or null for any other text. */
export function digits(text: string): string | null {
  const value = digitsOf(text);
  return value === null || (value.length < SHORTEST && addressOf(text) === null) ? null : value;
}

/** The digits of a text that has the form of one of ours, however few; null for any other text. */
export function digitsOf(text: string): string | null {
  return TEXT.exec(bare(text))?.[2] ?? null;
}

/** The address before the digits, with the host whose certificate it says it is; null where there is none. */
export function addressOf(text: string): string | null {
  return TEXT.exec(bare(text))?.[1] ?? null;
}

/** The host that a text names, in lower case; null for digits alone. */
export function hostOf(text: string): string | null {
  const address = addressOf(text);
  return address === null ? null : (/([^/]+)\/q\/$/i.exec(address)?.[1] ?? "").toLowerCase();
}

/** Whether a text begins as one of ours, also where it cannot be read: cut, mistyped, or with something behind. */
export function begins(text: string): boolean {
  return BEGINS.test(bare(text));
}

/** The page that judges a certificate's code, in the language that was chosen. */
export function verdictAddress(text: string, language: string | null): string | null {
  const value = digits(text);
  if (value === null) return null;
  return `/Q/${value}${language ? `?lang=${encodeURIComponent(language)}` : ""}`;
}

const OTHERS: readonly [OtherKind, RegExp][] = [
  ["payment", /^(?:wxp|weixin|alipays?):\/\/|^https?:\/\/(?:payapp\.|qr\.alipay\.com\/|qr\.95516\.com\/)|^[1236][0-9]{15,23}$/i],
  ["health_certificate", /^HC1:/],
  ["link", /^https?:\/\//i],
];

/** What a code is that is not ours. Its text is shown nowhere. */
export function otherKind(text: string): OtherKind {
  return OTHERS.find(([, pattern]) => pattern.test(bare(text)))?.[0] ?? "other";
}
