// The mouse on the text: drag makes a mention, click selects, grips resize.
class Pointer {
  constructor(canvas, deck, signal) {
    this.canvas = canvas;
    this.deck = deck;
    this.isDown = false;
    canvas.text.addEventListener("mousedown", () => { this.isDown = true; }, { signal });
    document.addEventListener("mouseup", (event) => this.released(event), { signal });
    canvas.over.addEventListener("pointerdown", (event) => this.gripPressed(event), { signal });
    canvas.over.addEventListener("click", (event) => this.labelPicked(event.target), { signal });
    canvas.over.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.labelPicked(event.target)) event.preventDefault();
    }, { signal });
  }

  released(event) {
    if (!this.isDown) return;
    this.isDown = false;
    const selected = this.canvas.selection();
    if (selected) {
      document.getSelection().removeAllRanges();
      const span = this.canvas.snap(selected.start, selected.end, !event.altKey);
      if (span) this.deck.addMention(span);
      return;
    }
    const ids = this.canvas.mentionsAt(event.clientX, event.clientY);
    const current = this.deck.selected?.kind === "mention" ? ids.indexOf(this.deck.selected.id) : -1;
    // A second click at the same place goes from the inner mention to the one around it.
    if (ids.length) this.deck.pickMention(current < 0 ? ids[0] : ids[current + 1] ?? null);
    else this.deck.clear();
  }

  labelPicked(target) {
    const label = target.closest?.("[data-mention], [data-relation]");
    if (!label) return false;
    const { mention, relation } = label.dataset;
    if (mention !== undefined) this.deck.pickMention(this.deck.partId("mentions", mention));
    else this.deck.select("relation", this.deck.partId("relations", relation));
    return true;
  }

  gripPressed(event) {
    const grip = event.target.closest?.("[data-edge]");
    const mention = this.deck.selectedPart();
    if (!grip || !mention) return;
    event.preventDefault();
    const { edge } = grip.dataset;
    const stop = new AbortController();
    let draft = null;
    document.body.classList.add("dare-resizing");
    const move = (moved) => {
      const point = this.canvas.pointAt(moved.clientX, moved.clientY);
      if (point === null) return;
      const wanted = edge === "start" ? [Math.min(point, mention.end - 1), mention.end] : [mention.start, Math.max(point, mention.start + 1)];
      const snapped = this.canvas.snap(...wanted, !moved.altKey);
      if (!snapped) return;
      // Only the edge in hand moves; snapping must not touch the other one.
      draft = edge === "start" ? { start: snapped.start, end: mention.end } : { start: mention.start, end: snapped.end };
      this.deck.previewSpan(draft);
    };
    const end = () => {
      stop.abort();
      document.body.classList.remove("dare-resizing");
      this.deck.previewSpan(null);
      if (draft) this.deck.resize(mention.id, draft);
    };
    document.addEventListener("pointermove", move, { signal: stop.signal });
    document.addEventListener("pointerup", end, { signal: stop.signal });
    document.addEventListener("pointercancel", end, { signal: stop.signal });
  }
}
