// Asking the centre: for its newest keyring and snapshot, which are believed by their signatures alone, and for its own
// answer about a certificate.

import { type Bytes, fromHex, sameBytes } from "../verifier/bytes";
import { split } from "../verifier/cbor";
import { type Chain, follow } from "../verifier/chain";
import { believeCheckpoint } from "../verifier/receipt";
import { Refused } from "../verifier/refused";
import { Knowledge, take } from "../verifier/snapshot";
import type { Kept } from "./kept";

const PATIENCE = 10_000; // milliseconds
const FOLDER = "/.well-known/yinjian";

/** What is known here, checked from the pinned root on. */
export interface Known {
  readonly kept: Kept;
  readonly chain: Chain;
  readonly knowledge: Knowledge;
}

/** What an attempt to ask came to, for the page to say. */
export type News = "asked" | "no_network" | "keyring_refused" | "keyring_went_back" | "snapshot_refused" | "no_snapshot";

export async function ask(address: string, options: RequestInit = {}): Promise<Response> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    return await fetch(address, { ...options, cache: "no-store", credentials: "omit", signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

const bytesOf = async (response: Response): Promise<Bytes> => new Uint8Array(await response.arrayBuffer());
const begins = (whole: Bytes, start: Bytes): boolean => sameBytes(whole.subarray(0, start.length), start);

/** What is kept, checked again; throws Refused where it does not hold together. */
export async function check(kept: Kept): Promise<Known> {
  const chain = await follow(split(kept.keyrings), fromHex(kept.root));
  const knowledge = kept.snapshot ? await Knowledge.of(chain.newest, kept.snapshot) : new Knowledge(chain.newest);
  return { kept, chain, knowledge };
}

/** Asks for what is newest. What is not believed changes nothing. */
export async function renew(root: string, before: Known | null, clock: number): Promise<[Known | null, News]> {
  let response: Response;
  let keyrings: Bytes;
  try {
    response = await ask(`${FOLDER}/keyring`);
    if (!response.ok) return [before, "no_network"];
    keyrings = await bytesOf(response);
  } catch {
    return [before, "no_network"];
  }
  if (before && !begins(keyrings, before.kept.keyrings)) return [before, "keyring_went_back"];
  const there = Date.parse(response.headers.get("Date") ?? "") / 1000;
  const ahead = Number.isFinite(there) ? clock - there : 0;
  try {
    const bare = { root, keyrings, snapshot: before?.kept.snapshot ?? null, askedAt: clock, ahead };
    const known = await check(bare);
    const link = response.headers.get("Link") ?? ""; // asked for unnamed it would be an error in the browser's console
    return link.includes(`<${FOLDER}/snapshot>`) ? await withSnapshot(known, before) : [known, "no_snapshot"];
  } catch (error) {
    if (error instanceof Refused) return [before, "keyring_refused"];
    throw error;
  }
}

async function withSnapshot(known: Known, before: Known | null): Promise<[Known, News]> {
  try {
    const response = await ask(`${FOLDER}/snapshot`);
    if (!response.ok) return [known, "no_snapshot"];
    const data = await bytesOf(response);
    const { newest } = known.chain;
    const snapshot = await take(data, newest, await sizeOfLog(known.chain), before?.knowledge.snapshot);
    return [{ ...known, kept: { ...known.kept, snapshot: data }, knowledge: new Knowledge(newest, snapshot) }, "asked"];
  } catch (error) {
    return [known, error instanceof Refused ? "snapshot_refused" : "no_snapshot"];
  }
}

/** The size that the log's newest checkpoint proves, where there is one and it is believed. */
async function sizeOfLog(chain: Chain): Promise<number | null> {
  try {
    const response = await ask("/log/checkpoint");
    return response.ok ? (await believeCheckpoint(await response.text(), chain)).size : null;
  } catch {
    return null;
  }
}
