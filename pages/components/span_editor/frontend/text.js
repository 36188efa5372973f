// Text positions: Python counts code points, the DOM counts UTF-16 units, people count characters as they see them.
const WORD = /[\p{L}\p{N}_]/u;
const BLANK = /[\s\p{Cf}]/u; // blanks, and characters that cannot be seen: zero-width spaces, marks of direction
const UNSEEN = /\p{Cf}/u;
const TRAILING = /[,;:.]/;
const CHARACTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

class TextIndex {
  constructor(text) {
    this.text = text;
    this.characters = Array.from(text);
    this.units = [0]; // code point -> UTF-16 unit
    this.points = []; // UTF-16 unit -> code point
    for (const character of this.characters) {
      for (let unit = 0; unit < character.length; unit++) this.points.push(this.units.length - 1);
      this.units.push(this.points.length);
    }
    this.points.push(this.characters.length);
  }

  get length() { return this.characters.length; }

  // Whether a character as people see it begins at a code point: not within a letter with its accents, or one emoji.
  get isStart() {
    if (!this.starts) {
      this.starts = new Array(this.length + 1).fill(false);
      for (const { index } of CHARACTERS.segment(this.text)) this.starts[this.points[index]] = true;
      this.starts[this.length] = true;
    }
    return this.starts;
  }

  // Whether a code point belongs to a word; what cannot be seen, and marks, go with the character before them.
  get isWord() {
    this.words ??= this.characters.reduce((words, character, point) => {
      const follows = point > 0 && (!this.isStart[point] || UNSEEN.test(character));
      words.push(follows ? words[point - 1] : WORD.test(character));
      return words;
    }, []);
    return this.words;
  }

  slice(start, end) { return this.characters.slice(start, end).join(""); }

  isBlank(point) { return this.isStart[point] && BLANK.test(this.characters[point]); }

  // The code point one seen character further on or back.
  step(point, by) {
    let next = clamp(point + by, 0, this.length);
    while (next > 0 && next < this.length && !this.isStart[next]) next += by;
    return next;
  }

  // Trims blanks, never splits a character from its marks and, when snapping, grows to whole words.
  // Returns null where nothing but blanks was selected.
  snap(start, end, wholeWords) {
    while (!this.isStart[start]) start--;
    while (!this.isStart[end]) end++;
    const trimmed = this.trim(start, end);
    if (!trimmed || !wholeWords) return trimmed;
    [start, end] = [trimmed.start, trimmed.end];
    while (end - start > 1 && TRAILING.test(this.characters[end - 1])) end--;
    while (start > 0 && this.isWord[start] && this.isWord[start - 1]) start--;
    while (end < this.length && this.isWord[end - 1] && this.isWord[end]) end++;
    return this.trim(start, end);
  }

  trim(start, end) {
    while (start < end && this.isBlank(start)) start++;
    while (end > start && this.isBlank(end - 1)) end--;
    return start < end ? { start, end } : null;
  }

  // The nearest whole word that begins at or after a code point (by = 1), or ends at or before it; null if none is left.
  findWord(point, by) {
    let at = by > 0 ? point : point - 1;
    while (at >= 0 && at < this.length && !this.isWord[at]) at += by;
    return at < 0 || at >= this.length ? null : this.snap(at, at + 1, true);
  }
}
