// Ed25519 by the browser; where it does not have it, by a kept library that is loaded only then.

import { type Bytes, fromHex } from "./bytes";
import { hasSmallS } from "./curve";

type Verify = (key: Bytes, message: Bytes, signature: Bytes) => Promise<boolean>;

const NAME = "Ed25519";
let chosen: Promise<Verify> | undefined;

/** By the browser itself. */
export const own: Verify = async (raw, message, signature) => {
  const key = await crypto.subtle.importKey("raw", raw, NAME, false, ["verify"]);
  return crypto.subtle.verify(NAME, key, signature, message);
};

/** By the kept library. */
export async function kept(): Promise<Verify> {
  const { ed25519 } = await import("@noble/curves/ed25519.js");
  return async (key, message, signature) => ed25519.verify(signature, message, key, { zip215: false });
}

/** Whether this browser checks a signature that is known to be good (RFC 8032 section 7.1, test 1). */
async function works(verify: Verify): Promise<boolean> {
  const key = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const signature = fromHex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
  try {
    return await verify(key, new Uint8Array(0), signature);
  } catch {
    return false;
  }
}

/** Whether ``key`` (32 bytes, sound) signed the message (RFC 8032 section 5.1.7, S < L). */
export async function signedBy(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length !== 64 || !hasSmallS(signature)) return false;
  chosen ??= works(own).then((can) => (can ? own : kept()));
  return (await chosen)(key, message, signature);
}
