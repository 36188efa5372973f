// Text positions: Python counts code points, the DOM counts UTF-16 units; also where words begin and end.
const WORD = /[\p{L}\p{N}_]/u;
const GLUE = /[\p{M}\u200d]/u; // combining marks and joiners belong to the character before them
const SPACE = /\s/u;
const TRAILING = /[,;:.]/;

class TextIndex {
  constructor(text) {
    this.text = text;
    this.characters = Array.from(text);
    this.units = [0]; // code point -> UTF-16 unit
    this.points = []; // UTF-16 unit -> code point
    this.isWord = [];
    this.characters.forEach((character, point) => {
      for (let unit = 0; unit < character.length; unit++) this.points.push(point);
      this.units.push(this.points.length);
      this.isWord.push(GLUE.test(character) && point > 0 ? this.isWord[point - 1] : WORD.test(character));
    });
    this.points.push(this.characters.length);
  }

  get length() { return this.characters.length; }

  slice(start, end) { return this.characters.slice(start, end).join(""); }

  // Trims blanks, never splits a character from its marks and, when snapping, grows to whole words.
  // Returns null where nothing but blanks was selected.
  snap(start, end, wholeWords) {
    const characters = this.characters;
    while (start < end && SPACE.test(characters[start])) start++;
    while (end > start && SPACE.test(characters[end - 1])) end--;
    if (start >= end) return null;
    while (start > 0 && GLUE.test(characters[start])) start--;
    while (end < this.length && GLUE.test(characters[end])) end++;
    if (!wholeWords) return { start, end };
    while (end - start > 1 && TRAILING.test(characters[end - 1])) end--;
    while (start > 0 && this.isWord[start] && this.isWord[start - 1]) start--;
    while (end < this.length && this.isWord[end - 1] && this.isWord[end]) end++;
    return { start, end };
  }
}
