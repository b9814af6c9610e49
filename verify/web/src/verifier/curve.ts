// Which 32 bytes are an Ed25519 public key for which only its owner can sign (RFC 8032 section 5.1.3), and which
// signatures have the one S that they may have (section 5.1.7): libraries and browsers differ in both.

import { type Bytes, hex } from "./bytes";

const [ZERO, ONE, TWO] = [BigInt(0), BigInt(1), BigInt(2)] as const;
const P = (ONE << BigInt(255)) - BigInt(19);
const L = (ONE << BigInt(252)) + BigInt("27742317777372353535851937790883648493");
const D = modulo(BigInt(-121665) * inverse(BigInt(121666)));

function modulo(value: bigint): bigint {
  const rest = value % P;
  return rest < ZERO ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [ONE, modulo(base)];
  for (let rest = exponent; rest > ZERO; rest >>= ONE) {
    if (rest & ONE) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function inverse(value: bigint): bigint {
  return power(value, P - TWO);
}

function littleEndian(bytes: Bytes): bigint {
  return BigInt(`0x${hex(bytes.slice().reverse())}`);
}

/** x² of the curve's points that have this y. */
function xSquared(y: bigint): bigint {
  return modulo((y * y - ONE) * inverse(D * y * y + ONE));
}

/** Whether 32 bytes are the canonical encoding of a point of the curve that is not of small order. */
export function isSound(key: Bytes): boolean {
  let y = littleEndian(key) & ((ONE << BigInt(255)) - ONE);
  let x2 = xSquared(y);
  // With x = 0 the sign bit must be 0, and every such point is of small order.
  if (key.length !== 32 || y >= P || x2 === ZERO || power(x2, (P - ONE) / TWO) !== ONE) return false;
  // The order divides 8 where three doublings give the neutral element: y(2P) = (y² + x²) / (2 + x² - y²).
  for (let doubling = 0; doubling < 3; doubling += 1) {
    y = modulo((y * y + x2) * inverse(TWO + x2 - y * y));
    x2 = xSquared(y);
  }
  return y !== ONE;
}

/** Whether a signature's S is below the group's order. */
export function hasSmallS(signature: Bytes): boolean {
  return littleEndian(signature.slice(32)) < L;
}
