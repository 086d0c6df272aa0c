// SHA-256 after FIPS 180-4 in pieces, because the digest of WebCrypto wants a whole file in memory.

// The first 32 bits of the fractions of the cube roots of the first 64 primes.
const ROUNDS = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const START = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const SCHEDULE = new Int32Array(64);

// Mix the block of 64 bytes that starts at `from` into the state.
function mix(state, bytes, from) {
  const w = SCHEDULE;
  for (let t = 0, at = from; t < 16; t += 1, at += 4) {
    w[t] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let t = 16; t < 64; t += 1) {
    const x = w[t - 15];
    const y = w[t - 2];
    const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = (w[t - 16] + low + w[t - 7] + high) | 0;
  }
  // One by one: taking a typed array apart by a pattern costs more than the rounds below.
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let t = 0; t < 64; t += 1) {
    const one = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + one + (g ^ (e & (f ^ g))) + ROUNDS[t] + w[t]) | 0;
    const nought = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (nought + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

export class Sha256 {
  constructor() {
    this.state = new Int32Array(START);
    this.rest = new Uint8Array(64);
    this.kept = 0;
    this.length = 0;
  }

  update(bytes) {
    this.length += bytes.length;
    let from = 0;
    if (this.kept) {
      from = Math.min(64 - this.kept, bytes.length);
      this.rest.set(bytes.subarray(0, from), this.kept);
      this.kept += from;
      if (this.kept < 64) return this;
      mix(this.state, this.rest, 0);
    }
    for (; from + 64 <= bytes.length; from += 64) mix(this.state, bytes, from);
    this.rest.set(bytes.subarray(from));
    this.kept = bytes.length - from;
    return this;
  }

  digest() {
    const bits = BigInt(this.length) * 8n;
    const end = new Uint8Array(this.kept < 56 ? 64 : 128);
    end.set(this.rest.subarray(0, this.kept));
    end[this.kept] = 0x80;
    new DataView(end.buffer).setBigUint64(end.length - 8, bits);
    for (let from = 0; from < end.length; from += 64) mix(this.state, end, from);
    const digest = new DataView(new ArrayBuffer(32));
    this.state.forEach((part, place) => digest.setInt32(4 * place, part));
    return new Uint8Array(digest.buffer);
  }
}

export function sha256(bytes) {
  return new Sha256().update(bytes).digest();
}
