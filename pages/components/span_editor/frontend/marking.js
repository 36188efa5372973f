// Marking and relating without a mouse: a moving mark on the text, and a chosen head that waits for its tail.
class DeckMarking extends DeckActions {
  // The arrow that goes on in the text: right, or left where the text runs from right to left.
  ahead(key) {
    const isRight = key === "ArrowRight";
    return isRight === (getComputedStyle(this.canvas.text).direction === "ltr") ? 1 : -1;
  }

  startMark() {
    if (!this.canEdit) return;
    const from = this.selectedPart()?.end ?? this.lastMarked ?? this.canvas.offset;
    const word = this.canvas.findWord(from, 1) ?? this.canvas.findWord(this.canvas.offset, 1);
    this.clear();
    if (word) this.showMark(word);
  }

  showMark(span) {
    this.mark = span;
    this.say(`Marking “${this.canvas.slice(span.start, span.end)}”. Enter or a number marks it, Esc leaves.`);
  }

  // A plain arrow goes to another word, Shift moves the end, Shift with up and down the start; Alt goes by characters.
  moveMark(event) {
    const { start, end } = this.mark;
    const isVertical = event.key === "ArrowUp" || event.key === "ArrowDown";
    if (isVertical && !event.shiftKey) return;
    const by = isVertical ? (event.key === "ArrowDown" ? 1 : -1) : this.ahead(event.key);
    const move = (point) => (event.altKey ? this.canvas.step(point, by) : this.wordEdge(point, by, isVertical));
    if (!event.shiftKey) {
      const next = event.altKey ? this.exactMark(by) : this.canvas.findWord(by > 0 ? end : start, by);
      if (next) this.showMark(next);
    } else if (isVertical) this.showMark({ start: Math.min(move(start), this.canvas.step(end, -1)), end });
    else this.showMark({ start, end: Math.max(move(end), this.canvas.step(start, 1)) });
  }

  exactMark(by) {
    const start = this.canvas.step(this.mark.start, by);
    const end = this.canvas.step(start, 1);
    return start < end ? { start, end } : null;
  }

  // Where the next word ends, or begins, in a direction.
  wordEdge(point, by, isStart) {
    const word = this.canvas.findWord(point, by);
    if (!word) return point;
    if (isStart) return by > 0 ? this.canvas.findWord(word.end, 1)?.start ?? point : word.start;
    return by > 0 ? word.end : this.canvas.findWord(word.start, -1)?.end ?? point;
  }

  takeMark(typeIndex = this.typeIndex) {
    const { mark } = this;
    if (!this.schema.types[typeIndex]) return;
    this.typeIndex = typeIndex;
    this.clear();
    const span = this.canvas.snap(mark.start, mark.end, false);
    if (span) this.addMention(span);
  }

  // Keys while a mark is on the text; others leave it and do what they always do.
  markKey(event) {
    if (event.key.startsWith("Arrow")) this.moveMark(event);
    else if (event.key === "Enter") this.takeMark();
    else if (/^[1-9]$/.test(event.key)) this.takeMark(Number(event.key) - 1);
    else if (event.key === "Escape" || event.key === "m") this.clear();
    else return false;
    return true;
  }

  startLink() {
    const head = this.selected?.kind === "mention" ? this.selectedPart() : null;
    if (!this.canEdit || !head || head.isSaving) { this.say("Select the head first: with the arrows, or a click."); return; }
    if (!this.tailsOf(head).length) { this.say(`No label joins ${head.entity_type} to another mention here.`); return; }
    this.headId = head.id;
    this.step(1);
  }

  tailsOf(head) {
    const others = this.item.mentions.filter(isVisible).filter((other) => other.id !== head.id && !other.isSaving);
    return others.filter((other) => this.schema.offers(head, other).options.length);
  }

  takeLink() {
    const [head, tail] = [this.findMention(this.headId), this.selectedPart()];
    this.headId = null;
    if (head && tail) this.relate(head, tail);
  }
}
