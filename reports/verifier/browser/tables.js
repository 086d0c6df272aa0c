// Tables of populations as Python's csv module reads them, row by row.

import { demand } from "./forms.js";

const [START, FIELD_START, FIELD, QUOTED, QUOTE, END] = [0, 1, 2, 3, 4, 5];

// Reads lines one after the other; a row is complete when its last line has ended.
class Rows {
  constructor() {
    this.state = START;
    this.row = [];
    this.field = "";
  }

  save(next) {
    this.row.push(this.field);
    this.field = "";
    this.state = next;
  }

  keep(letter, next) {
    this.field += letter;
    this.state = next;
  }

  // Return the row that this line completes, or nothing while a quoted cell goes on.
  line(line) {
    const plain = line.replace(/\r?\n$/, "");
    if (this.state === START && !/["\r]/.test(plain)) return plain ? plain.split(",") : [];
    for (const letter of line) this.take(letter);
    return this.finish();
  }

  // The line is over; a quoted cell may go on behind it.
  finish() {
    if (this.state === FIELD_START || this.state === FIELD || this.state === QUOTE) this.save(END);
    if (this.state === QUOTED) return null;
    const row = this.row;
    this.row = [];
    this.state = START;
    return row;
  }

  take(letter) {
    const isEnd = letter === "\n" || letter === "\r";
    if (this.state === END) {
      demand(isEnd, "has a line that ends in the middle");
    } else if (this.state === QUOTED) {
      if (letter === '"') this.state = QUOTE;
      else this.keep(letter, QUOTED);
    } else if (letter === '"' && this.state !== FIELD) {
      // Two quotation marks in a quoted cell are one that belongs to it.
      this.keep(this.state === QUOTE ? '"' : "", QUOTED);
    } else if (letter === ",") {
      this.save(FIELD_START);
    } else if (isEnd) {
      if (this.state === START) this.state = END;
      else this.save(END);
    } else {
      this.keep(letter, FIELD);
    }
  }
}

// Yield rows in batches, because waiting for each of a million would take longer than reading it.
export async function* rowsOf(batches) {
  const rows = new Rows();
  for await (const lines of batches) {
    const whole = lines.map((line) => rows.line(line)).filter((row) => row !== null);
    if (whole.length) yield whole;
  }
  if (rows.state === QUOTED) {
    rows.save(END);
    yield [rows.row];
  }
}
