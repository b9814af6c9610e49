// Which 32 bytes are an Ed25519 public key for which only its owner can sign (RFC 8032 section 5.1.3), and which
// signatures have the one S that they may have (section 5.1.7): libraries and browsers differ in both.

import { type Bytes, hex } from "./bytes";

const [ZERO, ONE] = [BigInt(0), BigInt(1)] as const;
const P = (ONE << BigInt(255)) - BigInt(19);
const L = (ONE << BigInt(252)) + BigInt("27742317777372353535851937790883648493");
const D = BigInt("37095705934669439343138083508754565189542113879843219016388785533085940283555"); // -121665 / 121666
const OF_ORDER_8 = BigInt("0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826");
/** The y of every point whose order divides 8: of order 1, 2, 4 and 8. */
const OF_SMALL_ORDER = [ONE, P - ONE, ZERO, OF_ORDER_8, P - OF_ORDER_8];
const sound = new Map<string, boolean>();

function isSquare(value: bigint): boolean {
  let [result, square] = [ONE, ((value % P) + P) % P];
  for (let rest = (P - ONE) / BigInt(2); rest > ZERO; rest >>= ONE) {
    if (rest & ONE) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result === ONE;
}

const littleEndian = (bytes: Bytes): bigint => BigInt(`0x${hex(bytes.slice().reverse())}`);

/** Whether 32 bytes are the canonical encoding of a point of the curve that is not of small order. */
export function isSound(key: Bytes): boolean {
  const name = hex(key);
  const known = sound.get(name);
  if (known !== undefined) return known;
  const y = littleEndian(key) & ((ONE << BigInt(255)) - ONE);
  // x² = (y² - 1) / (d y² + 1) is a square where the product of both is. With x = 0 the order is small.
  const found = key.length === 32 && y < P && !OF_SMALL_ORDER.includes(y) && isSquare((y * y - ONE) * (D * y * y + ONE));
  sound.set(name, found); // a chain has the same keys in every version
  return found;
}

/** Whether a signature's S is below the group's order. */
export function hasSmallS(signature: Bytes): boolean {
  return littleEndian(signature.slice(32)) < L;
}
