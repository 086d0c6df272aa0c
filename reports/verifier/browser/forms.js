// Text forms, each with one way to write a thing: canonical JSON, base64, hex, UTF-8.

import { sha256 } from "./sha256.js";

// Why a pack is refused. The words are those of verify.py, so that both can be compared.
export class RefusedError extends Error {}

// A key, a file or a newer verifier is needed before there can be an answer.
export class CannotCheckError extends Error {}

export function demand(condition, reason) {
  if (!condition) throw new RefusedError(reason);
}

function lack(what) {
  throw new RefusedError(`lacks something, or holds another thing in its place: ${what}`);
}

// --- What is read from a pack, taken by its name: what is not there is never an empty value ------
export function isObject(value) {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
}

export function at(value, ...names) {
  let found = value;
  for (const name of names) {
    if (!isObject(found) || !(name in found)) lack(`'${name}'`);
    found = found[name];
  }
  return found;
}

export function maybe(value, name, otherwise = null) {
  if (!isObject(value)) lack(`'${name}'`);
  return name in value ? value[name] : otherwise;
}

export function listOf(value) {
  return Array.isArray(value) ? value : lack("a list");
}

export function textOf(value) {
  return typeof value === "string" ? value : lack("a text");
}

export function numberOf(value) {
  return typeof value === "number" || typeof value === "bigint" ? value : lack("a number");
}

export function listAt(value, ...names) {
  return listOf(at(value, ...names));
}

export function textAt(value, ...names) {
  return textOf(at(value, ...names));
}

export function numberAt(value, ...names) {
  return numberOf(at(value, ...names));
}

// --- Bytes and text ------------------------------------------------------------------------------
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NEARLY_UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const ENCODER = new TextEncoder();

export function bytesOf(text) {
  return ENCODER.encode(text);
}

export function decoded(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new RefusedError("is not text in utf-8");
  }
}

export function nearlyDecoded(bytes) {
  return NEARLY_UTF8.decode(bytes);
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

export function alike(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

// The SHA-256 of a text, in hex.
export function words(text) {
  return hex(sha256(bytesOf(textOf(text))));
}

// What `repr` of Python makes of a value: quotation marks around texts.
export function quoted(value) {
  if (value === null) return "None";
  if (Array.isArray(value)) return `[${value.map(quoted).join(", ")}]`;
  if (isObject(value)) {
    const pairs = Object.entries(value).map(([name, one]) => `${quoted(name)}: ${quoted(one)}`);
    return `{${pairs.join(", ")}}`;
  }
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "string") return String(value);
  return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value}'`;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SIXTETS = new Int8Array(128).fill(-1);
[...ALPHABET].forEach((letter, place) => {
  SIXTETS[letter.charCodeAt(0)] = place;
});

export function unbase64(text) {
  const odd = "holds base64 in another than its one canonical form";
  demand(textOf(text).length % 4 === 0, odd);
  const padding = text.endsWith("==") ? 2 : Number(text.endsWith("="));
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let [held, bits, place] = [0, 0, 0];
  for (let index = 0; index < text.length - padding; index += 1) {
    const code = text.charCodeAt(index);
    const sixtet = code < 128 ? SIXTETS[code] : -1;
    demand(sixtet >= 0, odd);
    held = ((held << 6) | sixtet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[place] = held >> bits;
      place += 1;
    }
  }
  demand((held & ((1 << bits) - 1)) === 0, odd);
  return bytes;
}

// --- JSON after RFC 8785: one way to write a string, no space, names in order, no fractions ------
const DEEPEST = 900;
const ESCAPE = /\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))/y;
const PLAIN = /0|-?[1-9][0-9]*|true|false|null/y;
const LITERALS = new Map([["true", true], ["false", false], ["null", null]]);

class Canonical {
  constructor(text, make) {
    this.text = text;
    this.make = make;
    this.place = 0;
  }

  refuse() {
    throw new RefusedError(`is not canonical JSON at character ${this.place}`);
  }

  whole() {
    const value = this.value(0);
    const isAll = this.place === this.text.length;
    demand(isAll, `is not canonical JSON at character ${this.place}: Extra data`);
    return value;
  }

  skip(letter) {
    if (this.text[this.place] !== letter) return false;
    this.place += 1;
    return true;
  }

  value(depth) {
    demand(depth < DEEPEST, "is JSON that nests too deep");
    const first = this.text[this.place];
    if (first === '"') return this.string();
    if (first === "{") return this.make(this.object(depth + 1));
    if (first === "[") return this.list(depth + 1);
    return this.plain();
  }

  object(depth) {
    const made = Object.create(null);
    this.place += 1;
    if (this.skip("}")) return made;
    let before = null;
    do {
      if (this.text[this.place] !== '"') this.refuse();
      const name = this.string();
      const inOrder = before === null || name > before;
      demand(inOrder, "is JSON with names repeated or out of order");
      if (!this.skip(":")) this.refuse();
      made[name] = this.value(depth);
      before = name;
    } while (this.skip(","));
    if (!this.skip("}")) this.refuse();
    return made;
  }

  list(depth) {
    const made = [];
    this.place += 1;
    if (this.skip("]")) return made;
    do made.push(this.value(depth));
    while (this.skip(","));
    if (!this.skip("]")) this.refuse();
    return made;
  }

  string() {
    const start = this.place + 1;
    let escaped = false;
    for (let place = start; ; place += 1) {
      const code = this.text.charCodeAt(place);
      this.place = place;
      if (code === 34) break;
      if (code === 92) {
        ESCAPE.lastIndex = place;
        if (!ESCAPE.test(this.text)) this.refuse();
        place = ESCAPE.lastIndex - 1;
        escaped = true;
      } else if (!(code >= 32)) {
        this.refuse();
      }
    }
    const raw = this.text.slice(start, this.place);
    this.place += 1;
    return escaped ? JSON.parse(`"${raw}"`) : raw;
  }

  plain() {
    PLAIN.lastIndex = this.place;
    const found = PLAIN.exec(this.text);
    if (!found) this.refuse();
    this.place = PLAIN.lastIndex;
    if (LITERALS.has(found[0])) return LITERALS.get(found[0]);
    const number = Number(found[0]);
    // Beyond 2^53 many programs round, so that one file would say two things.
    const isExact = Number.isSafeInteger(number);
    demand(isExact, "holds a number too large to be read alike everywhere");
    return number;
  }
}

// A number of a checkpoint keeps all of its digits: those of a lie are not rounded to the truth.
export function wholeNumber(digits) {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

// Read canonical JSON; `make` is handed each object as soon as it is complete.
export function parse(bytes, make = (value) => value) {
  return new Canonical(decoded(bytes), make).whole();
}

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value)) {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  if (typeof value === "bigint") return String(value);
  return value === undefined ? lack("a value") : JSON.stringify(value);
}

// An object as parse makes it, of pairs of our own.
export function record(pairs) {
  return Object.assign(Object.create(null), pairs);
}

export function same(one, other) {
  return canonical(one) === canonical(other);
}

// Return things by their refs, none of which may stand twice.
export function byRef(things, twice) {
  const found = new Map(things.map((one) => [textAt(one, "ref"), one]));
  demand(found.size === things.length, twice);
  return found;
}

// Put names in the order of their code points; JavaScript by itself compares halves of them.
export function inOrder(names) {
  if (!names.some((name) => /[\ud800-\udfff]/.test(name))) return names.sort();
  const points = (name) => Array.from(name, (letter) => letter.codePointAt(0));
  return names.sort((one, other) => {
    const [ours, theirs] = [points(one), points(other)];
    const place = ours.findIndex((point, index) => point !== theirs[index]);
    return place < 0 ? ours.length - theirs.length : ours[place] - (theirs[place] ?? -1);
  });
}
