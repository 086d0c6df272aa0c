// Ed25519 after RFC 8032. Verification handles no secret, so textbook arithmetic will do.
//
// Browsers differ in the odd keys and signatures that they let pass, so the equation is always
// computed here as verify.py does; where the browser knows Ed25519, it must agree.

import { demand, joined } from "./forms.js";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function modulo(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let [result, square] = [1n, modulo(base)];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function inverse(value) {
  return power(value, P - 2n);
}

const D = modulo(-121665n * inverse(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

// Points are [X, Y, Z, T] with x = X/Z, y = Y/Z and xy = T/Z (RFC 8032, section 5.1.4).
const NEUTRAL = [0n, 1n, 1n, 0n];

function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = modulo((y1 - x1) * (y2 - x2));
  const b = modulo((y1 + x1) * (y2 + x2));
  const c = modulo(2n * t1 * t2 * D);
  const d = modulo(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [modulo(e * f), modulo(g * h), modulo(f * g), modulo(e * h)];
}

function multiply(factor, point) {
  let [product, doubled] = [NEUTRAL, point];
  for (let left = factor; left > 0n; left >>= 1n) {
    if (left & 1n) product = add(product, doubled);
    doubled = add(doubled, doubled);
  }
  return product;
}

function equal([x1, y1, z1], [x2, y2, z2]) {
  return modulo(x1 * z2 - x2 * z1) === 0n && modulo(y1 * z2 - y2 * z1) === 0n;
}

function littleEndian(bytes) {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

// Read a point in its one encoding; one of low order is refused, as it would fit any text.
export function decodePoint(encoded) {
  const number = littleEndian(encoded);
  const [y, odd] = [number & (2n ** 255n - 1n), number >> 255n];
  const square = modulo((y * y - 1n) * inverse(D * y * y + 1n));
  let root = power(square, (P + 3n) / 8n);
  if ((root * root) % P !== square) root = (root * ROOT_OF_MINUS_ONE) % P;
  const x = root % 2n === odd ? root : P - root;
  const isPoint = encoded.length === 32 && y < P && x < P && (root * root) % P === square;
  demand(isPoint, "an Ed25519 point is not encoded as one");
  const point = [x, y, 1n, (x * y) % P];
  demand(!equal(multiply(8n, point), NEUTRAL), "an Ed25519 point has low order");
  return point;
}

const BASE = decodePoint(new Uint8Array([0x58, ...new Array(31).fill(0x66)]));

// What the browser says of a signature, or null where it does not know Ed25519.
async function browserSays(publicKey, text, signature) {
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, text);
  } catch {
    return null;
  }
}

export async function checkSignature(publicKey, text, signature) {
  const nonce = signature.slice(0, 32);
  const scalar = littleEndian(signature.slice(32));
  const isFormed = signature.length === 64 && scalar < ORDER;
  demand(isFormed, "has a signature that is not Ed25519");
  const hashed = await crypto.subtle.digest("SHA-512", joined(nonce, publicKey, text));
  const challenge = littleEndian(new Uint8Array(hashed)) % ORDER;
  const expected = add(decodePoint(nonce), multiply(challenge, decodePoint(publicKey)));
  const unfit = "has a signature that does not fit its text";
  demand(equal(multiply(scalar, BASE), expected), unfit);
  demand((await browserSays(publicKey, text, signature)) !== false, unfit);
}
