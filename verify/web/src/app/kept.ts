// What the installed app keeps on this device, in one entry, so that it is whole or not there: the pinned root, every
// keyring version, the newest snapshot, and when it last asked. What is read back is checked again from the root.

import type { Bytes } from "../verifier/bytes";

export interface Kept {
  /** The thumbprint that was pinned when the app first came here, hexadecimal. */
  readonly root: string;
  readonly keyrings: Bytes;
  readonly snapshot: Bytes | null;
  /** When the centre was last asked, by this device's clock; seconds since 1970. */
  readonly askedAt: number;
  /** How far this device's clock stood ahead of the centre's then, in seconds. */
  readonly ahead: number;
}

/** As it is stored: bytes as base64. */
type Entry = Pick<Kept, "root" | "askedAt" | "ahead"> & { format: number; keyrings: string; snapshot: string | null };

const FORMAT = 1;
const STORE = "kept";
const ENTRY = "/kept/knowledge";

const encode = (bytes: Bytes): string => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
};
const decode = (text: string): Bytes => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** What is kept here; null where nothing is, or where another version of the app kept it otherwise. */
export async function recall(): Promise<Kept | null> {
  try {
    const found = await (await caches.open(STORE)).match(ENTRY);
    const entry = found && ((await found.json()) as Entry);
    if (!entry || entry.format !== FORMAT) return null;
    const { root, keyrings, snapshot, askedAt, ahead } = entry;
    return { root, keyrings: decode(keyrings), snapshot: snapshot === null ? null : decode(snapshot), askedAt, ahead };
  } catch {
    return null;
  }
}

/** Keeps it; false where the browser has no room for it. */
export async function keep(kept: Kept): Promise<boolean> {
  const entry = { ...kept, format: FORMAT, keyrings: encode(kept.keyrings), snapshot: kept.snapshot && encode(kept.snapshot) };
  try {
    await (await caches.open(STORE)).put(ENTRY, new Response(JSON.stringify(entry)));
    return true;
  } catch {
    return false;
  }
}

/** Forgets everything on this device: what is kept, the app's own files, and the worker that serves them. */
export async function forget(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name);
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
}
