// Bytes: hexadecimal, comparing, joining, and what a certificate's digits are.

export type Bytes = Uint8Array<ArrayBuffer>;

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const fromHex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => compareBytes(one, other) === 0;

/** Below 0, 0 or above 0, as ``one`` stands before ``other`` byte by byte. */
export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = (one[at] as number) - (other[at] as number);
    if (difference) return difference;
  }
  return one.length - other.length;
}

export function join(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The bytes of a decimal number, most significant first (2-formats, QR text). */
export function fromDigits(digits: string): Bytes {
  const text = BigInt(digits).toString(16);
  return fromHex(text.length % 2 ? `0${text}` : text);
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
