// A worker that looks for the counter whose PBKDF2 key begins as the challenge wants (ALTCHA 2).

import type { Parameters, Share, Solution } from "./proof";

const bytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (buffer: ArrayBuffer): string =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function derive(parameters: Parameters, counter: number): Promise<string> {
  const nonce = bytes(parameters.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(parameters.salt), iterations: parameters.cost };
  return hex(await crypto.subtle.deriveBits(how, key, parameters.keyLength * 8));
}

/** The first of the share's counters that fits; null where this browser cannot derive, or none fits. */
async function find({ parameters, start, step }: Share): Promise<Solution | null> {
  if (typeof crypto !== "object" || !crypto.subtle || parameters.algorithm !== "PBKDF2/SHA-256") return null;
  for (let counter = start; counter < 2 ** 32; counter += step) {
    const derivedKey = await derive(parameters, counter);
    if (derivedKey.startsWith(parameters.keyPrefix)) return { counter, derivedKey };
  }
  return null;
}

onmessage = (event: MessageEvent<Share>) => void find(event.data).then((found) => postMessage(found));
