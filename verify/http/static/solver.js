// A worker that looks for the counter whose PBKDF2 key begins as the challenge wants (ALTCHA 2).
"use strict";

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function derive(parameters, nonce, salt, counter) {
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: parameters.cost };
  return hex(await crypto.subtle.deriveBits(how, key, parameters.keyLength * 8));
}

onmessage = async (event) => {
  const { parameters, start, step } = event.data;
  if (!globalThis.crypto?.subtle || parameters.algorithm !== "PBKDF2/SHA-256") {
    postMessage(null);
    return;
  }
  const [nonce, salt] = [bytes(parameters.nonce), bytes(parameters.salt)];
  for (let counter = start; counter < 2 ** 32; counter += step) {
    const derivedKey = await derive(parameters, nonce, salt, counter);
    if (derivedKey.startsWith(parameters.keyPrefix)) {
      postMessage({ counter, derivedKey });
      return;
    }
  }
  postMessage(null);
};
