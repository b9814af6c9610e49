// The text of a certificate's QR code (docs, Formats: QR text), and what other codes are.
// The same rules as verify/core/qr_text.py and verify/files/codes.py; the server judges again.

const TEXT = /^(?:https?:\/\/[^/?#\s]+\/q\/)?([1-9][0-9]{0,1999})$/i;
const SHORTEST = 100; // digits: no signed statement has fewer, payment codes of digits alone do

export type OtherKind = "payment" | "health_certificate" | "link" | "other";

/** The digits of a certificate's code, or null for any other text. */
export function digits(text: string): string | null {
  const found = TEXT.exec(text.trim());
  const value = found?.[1];
  if (value === undefined) return null;
  return value.length >= SHORTEST || /\/q\//i.test(text) ? value : null;
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
  return OTHERS.find(([, pattern]) => pattern.test(text.trim()))?.[0] ?? "other";
}
