// The container: a ZIP in which every byte follows from names, sizes and bytes of the files.

import {
  CannotCheckError,
  RefusedError,
  alike,
  bytesOf,
  decoded,
  demand,
  joined,
  nearlyDecoded,
  quoted,
} from "./forms.js";

const [STREAMED, UTF8, NEW_YEAR_1980, PLAIN_FILE] = [0x08, 0x800, 0x21, 0o100644 * 2 ** 16];
const [MANY, LARGE, HUGE] = [2 ** 16 - 1, 2 ** 31 - 1, 2 ** 32 - 1];
const [PIECE, BLOCK, KEPT_BLOCKS] = [2 ** 22, 2 ** 20, 48];
const LARGEST_TEXT = 2 ** 28;
const ENTRY = 46;

// The tables of CRC-32, by which four bytes are taken in at a time.
const TABLES = [new Uint32Array(256)];
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  TABLES[0][byte] = crc;
}
for (let number = 1; number < 4; number += 1) {
  TABLES.push(TABLES[number - 1].map((crc) => (crc >>> 8) ^ TABLES[0][crc & 0xff]));
}

// Return the checksum of a file that goes on with these bytes.
export function crc32(bytes, before = 0) {
  const [zero, one, two, three] = TABLES;
  let crc = ~before;
  let place = 0;
  for (; place + 4 <= bytes.length; place += 4) {
    crc ^=
      bytes[place] | (bytes[place + 1] << 8) | (bytes[place + 2] << 16) | (bytes[place + 3] << 24);
    const low = three[crc & 0xff] ^ two[(crc >>> 8) & 0xff];
    crc = low ^ one[(crc >>> 16) & 0xff] ^ zero[crc >>> 24];
  }
  for (; place < bytes.length; place += 1) crc = (crc >>> 8) ^ zero[(crc ^ bytes[place]) & 0xff];
  return ~crc >>> 0;
}

// Write numbers as ZIP does, lowest byte first: pairs of a number and how many bytes it takes.
function packed(...fields) {
  const bytes = new Uint8Array(fields.reduce((length, [, width]) => length + width, 0));
  let place = 0;
  for (const [number, width] of fields) {
    let left = number;
    for (let index = 0; index < width; index += 1, left = Math.floor(left / 256)) {
      bytes[place + index] = left % 256;
    }
    place += width;
  }
  return bytes;
}

function unpacked(bytes, place, width) {
  let number = 0;
  for (let index = width - 1; index >= 0; index -= 1) {
    number = number * 256 + bytes[place + index];
  }
  return number;
}

function signature(letters, one, other) {
  return [[letters.charCodeAt(0), 1], [letters.charCodeAt(1), 1], [one, 1], [other, 1]];
}

function flagsOf(name) {
  return /^[\x00-\x7f]*$/.test(name) ? STREAMED : STREAMED | UTF8;
}

function isLarge(member) {
  return member.size * 1.05 > LARGE;
}

// Write what can stand right before the bytes of a file, and what must stand right behind.
function surroundings(member) {
  const name = bytesOf(member.name);
  const large = isLarge(member);
  const extra = large ? packed([1, 2], [16, 2], [0, 8], [0, 8]) : new Uint8Array(0);
  const fixed = [...signature("PK", 3, 4), [large ? 45 : 20, 2], [flagsOf(member.name), 2]];
  fixed.push([0, 2], [0, 2], [NEW_YEAR_1980, 2], [0, 4]);
  // For a large file Python writes a mark where the sizes would stand; before 3.11.4 it left 0.
  const heads = (large ? [HUGE, 0] : [0]).map((told) => {
    const sizes = [[told, 4], [told, 4], [name.length, 2], [extra.length, 2]];
    return joined(packed(...fixed, ...sizes), name, extra);
  });
  const width = large ? 8 : 4;
  const told = [[member.crc, 4], [member.size, width], [member.size, width]];
  return [heads, packed(...signature("PK", 7, 8), ...told)];
}

// Write the one entry that a file of this name, place, size and CRC can have.
function directoryEntry(member) {
  const name = bytesOf(member.name);
  const wide = member.size > LARGE ? [[member.size, 8], [member.size, 8]] : [];
  if (member.offset > LARGE) wide.push([member.offset, 8]);
  const extra = wide.length ? packed([1, 2], [8 * wide.length, 2], ...wide) : new Uint8Array(0);
  const version = wide.length || isLarge(member) ? 45 : 20;
  const size = member.size > LARGE ? HUGE : member.size;
  const offset = member.offset > LARGE ? HUGE : member.offset;
  const head = packed(
    ...signature("PK", 1, 2),
    [version, 1],
    [3, 1],
    [version, 1],
    [0, 1],
    [flagsOf(member.name), 2],
    [0, 2],
    [0, 2],
    [NEW_YEAR_1980, 2],
    [member.crc, 4],
    [size, 4],
    [size, 4],
    [name.length, 2],
    [extra.length, 2],
    [0, 2],
    [0, 2],
    [0, 2],
    [PLAIN_FILE, 4],
    [offset, 4],
  );
  return joined(head, name, extra);
}

// Write the two ends that a directory can have: the plain one, and that of a large ZIP.
function directoryEnds(count, start, end) {
  const size = end - start;
  const few = [Math.min(count, MANY), 2];
  const plain = packed(
    ...signature("PK", 5, 6),
    [0, 2],
    [0, 2],
    few,
    few,
    [Math.min(size, HUGE), 4],
    [Math.min(start, HUGE), 4],
    [0, 2],
  );
  const record = [[44, 8], [45, 2], [45, 2], [0, 4], [0, 4], [count, 8], [count, 8], [size, 8]];
  const locator = [...signature("PK", 6, 7), [0, 4], [end, 8], [1, 4]];
  const large = packed(...signature("PK", 6, 6), ...record, [start, 8], ...locator);
  return [plain, joined(large, plain)];
}

function holds(bytes, place, one, other) {
  const found = [0x50, 0x4b, one, other];
  return place >= 0 && found.every((byte, index) => bytes[place + index] === byte);
}

// A file on disk, read where it is asked; what is small is read once for all its neighbours.
export class Source {
  constructor(blob) {
    this.blob = blob;
    this.size = blob.size;
    this.blocks = new Map();
  }

  async slice(start, end) {
    try {
      return new Uint8Array(await this.blob.slice(start, end).arrayBuffer());
    } catch (error) {
      throw new CannotCheckError(`the pack: your browser cannot read the file (${error.message})`);
    }
  }

  async block(number) {
    let bytes = this.blocks.get(number);
    if (!bytes) {
      bytes = await this.slice(number * BLOCK, (number + 1) * BLOCK);
      this.blocks.set(number, bytes);
      if (this.blocks.size > KEPT_BLOCKS) this.blocks.delete(this.blocks.keys().next().value);
    }
    return bytes;
  }

  // Read `length` bytes, or as many as are left.
  async read(start, length) {
    const end = Math.min(start + length, this.size);
    if (!(start < end)) return new Uint8Array(0);
    if (length > BLOCK) return this.slice(start, end);
    const first = Math.floor(start / BLOCK);
    const from = start - first * BLOCK;
    const bytes = (await this.block(first)).subarray(from, from + end - start);
    if (bytes.length === end - start) return bytes;
    const next = await this.block(first + 1);
    return joined(bytes, next.subarray(0, end - start - bytes.length));
  }
}

export function checkName(name) {
  const clear = !/[\p{C}\p{Zl}\p{Zp}]/u.test(name) && !/(?! )\p{Zs}/u.test(name);
  const normal = name.normalize("NFC") === name;
  demand(clear && normal, "has a name with invisible or ambiguous characters");
  const plain = name.split("/").every((part) => part && !/[. ]$/.test(part));
  demand(plain && !/[\\:]/.test(name), "has a name that could lead out of its folder");
}

// A name without the difference of capital and small letters.
function folded(name) {
  const plain = [...name.normalize("NFC")].map((letter) => {
    // The Turkish i without a dot is a letter of its own.
    if (letter === "\u0131") return letter;
    return letter.toLowerCase().toUpperCase().toLowerCase();
  });
  return plain.join("");
}

// Return how many files a ZIP says it has, and where its directory starts.
async function directoryStart(source) {
  const tail = await source.read(Math.max(0, source.size - 98), 98);
  const end = tail.length - 22;
  const isEnd = holds(tail, end, 5, 6);
  demand(isEnd, "is not a ZIP file, or hides something around its directory");
  const large = tail.length === 98 && holds(tail, 0, 6, 6);
  const count = large ? unpacked(tail, 32, 8) : unpacked(tail, end + 10, 2);
  const start = large ? unpacked(tail, 48, 8) : unpacked(tail, end + 16, 4);
  const here = start <= source.size;
  demand(here, "is not a ZIP file that can be read: its directory is not there");
  return [count, start];
}

// Read an entry of the directory: what it says of a file, and its very bytes.
async function listed(source, place) {
  const head = await source.read(place, ENTRY);
  const whole = head.length === ENTRY;
  demand(whole, "is not a ZIP file that can be read: its directory is cut short");
  const crc = unpacked(head, 16, 4);
  let size = unpacked(head, 24, 4);
  let offset = unpacked(head, 42, 4);
  const [named, more] = [unpacked(head, 28, 2), unpacked(head, 30, 2)];
  const rest = await source.read(place + ENTRY, named + more);
  const wide = rest.subarray(named + 4);
  const large = [];
  for (let from = 0; from + 8 <= wide.length; from += 8) large.push(unpacked(wide, from, 8));
  if (size === HUGE) size = large[0];
  if (offset === HUGE) offset = large[large.length - 1];
  const known = size !== undefined && offset !== undefined;
  demand(known, "lacks something, or holds another thing in its place: a size");
  const member = { name: nearlyDecoded(rest.subarray(0, named)), offset, size, crc };
  return [member, joined(head, rest)];
}

// The files of a ZIP, each read where the directory says that it lies.
export class Pack {
  static async of(source) {
    const pack = new Pack();
    const [count, start] = await directoryStart(source);
    pack.source = source;
    pack.members = new Map();
    let [place, end] = [start, 0];
    for (let number = 0; number < count; number += 1) {
      // An entry is what this file must have, byte for byte: no other reading is possible.
      const [member, entry] = await listed(source, place);
      const told = quoted(member.name);
      demand(alike(directoryEntry(member), entry), `holds ${told} not as a plain file`);
      demand(member.offset === end, `hides something in front of ${told}`);
      const [heads, after] = surroundings(member);
      end += heads[0].length + member.size + after.length;
      place += entry.length;
      pack.members.set(member.name, member);
    }
    const rest = await source.read(place, 99);
    const fits = directoryEnds(count, start, place).some((one) => alike(one, rest));
    demand(end === start && fits, "hides something around its directory");
    const names = new Set([...pack.members.keys()].map(folded));
    const alone = names.size === count;
    demand(alone, "holds two files of one name, or of names that differ only in case");
    return pack;
  }

  member(name) {
    const member = this.members.get(name);
    if (member) return member;
    throw new RefusedError(`lacks something, or holds another thing in its place: '${name}'`);
  }

  // Read a file in pieces, and with it what must stand around it.
  async *pieces(name) {
    const member = this.member(name);
    const [heads, after] = surroundings(member);
    const head = await this.source.read(member.offset, heads[0].length);
    const fits = heads.some((one) => alike(one, head));
    demand(fits, "has a header that contradicts the ZIP");
    let place = member.offset + head.length;
    const end = place + member.size;
    for (; end - place > PIECE; place += PIECE) yield this.source.read(place, PIECE);
    const last = await this.source.read(place, end - place + after.length);
    const behind = last.subarray(end - place);
    demand(alike(behind, after), "has an end that contradicts the ZIP");
    yield last.subarray(0, end - place);
  }

  // Read the lines of a file of UTF-8, as many at a time as come in a piece.
  async *lines(name) {
    let kept = new Uint8Array(0);
    for await (const piece of this.pieces(name)) {
      const whole = joined(kept, piece);
      const cut = whole.lastIndexOf(10) + 1;
      kept = whole.subarray(cut);
      demand(kept.length <= LARGEST_TEXT, "has a line that is too long");
      if (cut) yield decoded(whole.subarray(0, cut)).slice(0, -1).split("\n").map((line) => `${line}\n`);
    }
    if (kept.length) yield [decoded(kept)];
  }

  async read(name) {
    demand(this.member(name).size <= LARGEST_TEXT, "is too large for what it is");
    const parts = [];
    for await (const piece of this.pieces(name)) parts.push(piece);
    return parts.length === 1 ? parts[0].slice() : joined(...parts);
  }
}
