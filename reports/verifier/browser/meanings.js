// What it means, to somebody who knows nothing of keys and logs, that a step does not hold.

export const MEANINGS = new Map([
  [
    "Container",
    "The ZIP file is not as it was written: it was damaged on its way, or somebody unpacked " +
      "and packed it again, or put something into it. Get it once more from where it came from.",
  ],
  [
    "Key",
    "Nothing leads from the key that you hold to the key that signed this pack. Ask the " +
      "company, by another way than this pack, which key is right; do not use the one in the " +
      "pack.",
  ],
  [
    "Signature",
    "The list of files was not signed with the key that you hold: the key is another " +
      "company's, or somebody without the key made or changed the pack.",
  ],
  [
    "Files",
    "A file is not the one that was signed: it was changed after the pack was sealed, or " +
      "damaged on its way.",
  ],
  [
    "Log",
    "What the pack says of the company's log is not what the company signed: entries may have" +
      " been changed or cut off.",
  ],
  [
    "Witnesses",
    "A witness that you trust has signed another log than this one: the company may show one " +
      "log to you and another one to others.",
  ],
  [
    "History",
    "The pack does not prove that its log goes on from the one that you know: earlier entries" +
      " may have been changed or cut off.",
  ],
  [
    "Manifest",
    "The table of contents is not what was signed or recorded, or the pack is not the one " +
      "that you asked for; it may be an old one.",
  ],
  [
    "Time-stamps",
    "A time-stamp is about something else than this pack, or its time contradicts when the " +
      "pack says that it was sealed.",
  ],
  [
    "Items",
    "A piece of evidence, a review, a finding or a request is not what was recorded at the " +
      "time, or something was left out or put in later.",
  ],
  [
    "Samples",
    "A sample is not what was recorded, or does not come out again: rows, results or their " +
      "order were changed, or a draw was left out.",
  ],
  [
    "Nothing else",
    "The pack holds something that nothing explains, or lacks an entry that was there when it" +
      " was sealed.",
  ],
]);
