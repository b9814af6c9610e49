// Strict deterministic CBOR (RFC 8949 section 4.2.1), the one subset that statements use: integers, byte and text
// strings, arrays, maps, false, true, null. One pass refuses everything else while it reads.

import { type Bytes, compareBytes, hex } from "./bytes";
import { Refused } from "./refused";

/** An integer is a number, or a bigint where a number cannot hold it; nothing else is either. */
export type Value = number | bigint | string | boolean | null | Bytes | Value[] | Content;
/** A map. Keys that are byte strings stand as hexadecimal. */
export type Content = Map<number | bigint | string, Value>;
export type KeyType = "integer" | "text" | "bytes";
/** Which keys the map at a place has: map keys from the top, null for any element of an array, joined by "/". */
export type KeyTypes = Readonly<Record<string, KeyType>>;

const MOST_LEVELS = 16;
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class Reader {
  at = 0;
  private readonly view: DataView;

  constructor(
    readonly data: Bytes,
    private readonly keys: KeyTypes,
  ) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  /** The next item's major type and argument, which stands in its shortest form. */
  private head(): [number, number | bigint] {
    if (this.at >= this.data.length) throw new Refused("truncated");
    const initial = this.view.getUint8(this.at);
    const major = initial >> 5;
    const info = initial & 31;
    if (info < 24) {
      this.at += 1;
      return [major, info];
    }
    if (info > 27 || major === 7) throw new Refused("not_canonical");
    const from = this.at + 1;
    const stop = from + (1 << (info - 24));
    if (stop > this.data.length) throw new Refused("truncated");
    this.at = stop;
    if (info === 24) return [major, this.shortest(this.view.getUint8(from), 24)];
    if (info === 25) return [major, this.shortest(this.view.getUint16(from), 0x100)];
    if (info === 26) return [major, this.shortest(this.view.getUint32(from), 0x10000)];
    const high = this.shortest(this.view.getUint32(from), 1);
    const low = this.view.getUint32(from + 4);
    const argument = high * 2 ** 32 + low;
    if (Number.isSafeInteger(argument)) return [major, argument];
    return [major, BigInt(high) * BigInt(2 ** 32) + BigInt(low)];
  }

  private shortest(argument: number, least: number): number {
    if (argument < least) throw new Refused("not_canonical");
    return argument;
  }

  item(path: string, depth: number): Value {
    const [major, argument] = this.head();
    if (major === 0) return argument;
    if (major === 1) return typeof argument === "bigint" ? BigInt(-1) - argument : -1 - argument;
    if (major === 7) {
      if (argument === 22) return null;
      if (argument === 20 || argument === 21) return argument === 21;
    }
    if (major > 5) throw new Refused("not_canonical");
    if (major > 3 && depth >= MOST_LEVELS) throw new Refused("too_deep");
    if (argument > this.data.length - this.at) throw new Refused("truncated");
    const count = Number(argument);
    if (major === 2) return this.octets(count);
    if (major === 3) return this.text(count);
    if (major === 5) return this.map(count, path, depth);
    const built: Value[] = [];
    for (let done = 0; done < count; done += 1) built.push(this.item(`${path}/*`, depth + 1));
    return built;
  }

  private octets(count: number): Bytes {
    this.at += count;
    return this.data.slice(this.at - count, this.at);
  }

  private text(count: number): string {
    try {
      return text.decode(this.octets(count));
    } catch {
      throw new Refused("not_canonical");
    }
  }

  private map(count: number, path: string, depth: number): Content {
    const wanted = this.keys[path] ?? "integer";
    const built: Content = new Map();
    let before = new Uint8Array(0);
    for (let done = 0; done < count; done += 1) {
      const start = this.at;
      const key = this.item(path, depth + 1);
      const name = keyOf(key, wanted);
      const encoded = this.data.subarray(start, this.at);
      if (compareBytes(encoded, before) <= 0) throw new Refused("not_canonical");
      before = encoded;
      built.set(name, this.item(`${path}/${String(name)}`, depth + 1));
    }
    return built;
  }
}

function keyOf(key: Value, wanted: KeyType): number | bigint | string {
  if (wanted === "integer" && (typeof key === "number" || typeof key === "bigint")) return key;
  if (wanted === "text" && typeof key === "string") return key;
  if (wanted === "bytes" && key instanceof Uint8Array) return hex(key);
  throw new Refused("not_canonical");
}

/** The one value that ``data`` encodes; ``keys`` names the maps whose keys are no integers. Throws Refused. */
export function decode(data: Bytes, keys: KeyTypes = {}): Value {
  const reader = new Reader(data, keys);
  const value = reader.item("", 0);
  if (reader.at !== data.length) throw new Refused("trailing");
  return value;
}

/** Each item of a CBOR sequence (RFC 8742) as its own bytes. Throws Refused where one is not whole. */
export function split(data: Bytes): Bytes[] {
  const reader = new Reader(data, {});
  const items: Bytes[] = [];
  while (reader.at < data.length) {
    const start = reader.at;
    reader.item("", 0);
    items.push(data.slice(start, reader.at));
  }
  return items;
}

/** The head of a byte string of this length. */
export function octetsHead(length: number): Bytes {
  if (length < 24) return Uint8Array.of(0x40 | length);
  if (length < 0x100) return Uint8Array.of(0x58, length);
  if (length < 0x10000) return Uint8Array.of(0x59, length >> 8, length & 0xff);
  return Uint8Array.of(0x5a, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff);
}
