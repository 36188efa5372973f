// Everything a curator can do, from a key, a button or the mouse; each changes the view at once and logs an event.
const NUDGE_MILLISECONDS = 450;

class DeckActions {
  // What was done under a server that has ended named places of a queue that is gone.
  get position() {
    return this.log.pending.findLast((event) => event.session === this.data.session)?.position ?? this.data.position;
  }

  base(position = this.position) { return this.data.items[position - this.data.first] ?? null; }

  // The card as Python knows it plus what was done since.
  shown() {
    const base = this.base();
    if (!base) return null;
    const own = this.log.pending.filter((event) => event.item_kind === base.kind && event.item_id === base.id);
    const step = (item, event) => (event.kind === "undo" ? this.undone.get(event.seq) ?? item : applyEvent(item, event));
    return { ...own.reduce(step, base), version: base.version };
  }

  emit(kind, fields = {}, to = this.position) {
    this.flushNudge();
    const item = this.item;
    const position = clamp(to, 0, this.data.total);
    const before = NAVIGATION.has(kind) && kind !== "skip" ? null : { item, position: this.position };
    this.hint = "";
    this.mark = null;
    this.headId = null;
    this.offer = null;
    this.open.reasons = false;
    if (position !== this.position) this.selected = null;
    this.log.push({ kind, item_kind: item?.kind ?? "sentence", item_id: item?.id ?? null, version: item?.version ?? null, position, ...fields }, before);
    this.render();
  }

  // A deck of one card stays on it.
  get after() { return this.data.total > 1 ? this.position + 1 : this.position; }

  get canEdit() { return this.item?.kind === "sentence"; }

  accept() {
    const part = this.selectedPart();
    if (part && isPending(part)) this.decidePart("accept", this.selected.kind, part);
    else if (this.item) this.emit("accept", {}, this.after);
  }

  reject(reason = null) {
    const part = this.selectedPart();
    if (part) this.decidePart("reject", this.selected.kind, part);
    else if (this.item) this.emit("reject", { reason }, this.after);
  }

  // The number keys give the usual reasons; the one after them is for own words.
  giveReason(at) {
    if (this.data.reasons[at]) this.reject(this.data.reasons[at]);
    else if (at === this.data.reasons.length) this.parts.reason.focus();
  }

  decidePart(kind, partKind, part) {
    if (part.isSaving) return;
    this.selected = null;
    this.emit(kind, { [`${partKind}_id`]: part.id });
  }

  skip() { if (this.item && this.data.total > 1) this.emit("skip", {}, this.after); }

  flag() { if (this.item) this.emit("flag"); }

  move(kind) {
    const to = this.position + (kind === "next" ? 1 : -1);
    if (to >= 0 && to <= this.data.total && this.data.total > 1) this.emit(kind, {}, to);
  }

  goto(position) { this.emit("goto", {}, position); }

  openUndecided() { if (this.undecided?.count) this.goto(this.undecided.first); }

  undo() {
    this.flushNudge();
    const entry = this.log.history.pop();
    this.selected = null;
    if (!entry) { this.emitUndo({ kind: "undo_last", item: this.item, position: this.position }); return; }
    if (entry.kind === "skip") { this.emit("goto", {}, entry.position); return; }
    this.emitUndo({ kind: "undo", item: entry.item, position: entry.position });
  }

  emitUndo({ kind, item, position }) {
    const present = item && this.data.items.find((other) => itemKey(other) === itemKey(item));
    this.hint = "";
    this.offer = null;
    const event = this.log.push({
      kind, item_kind: item?.kind ?? "sentence", item_id: item?.id ?? null, version: (present ?? item)?.version ?? null, position,
    });
    if (kind === "undo") this.undone.set(event.seq, item);
    this.render();
  }

  addMention(span) {
    if (!this.canEdit) return;
    const type = this.schema.types[this.typeIndex];
    if (!type) { this.say("This project has no entity types yet."); return; }
    this.lastMarked = span.end;
    const twin = this.item.mentions.filter(isVisible).find((mention) => (
      mention.start === span.start && mention.end === span.end && mention.entity_type === type.name
    ));
    if (twin) this.select("mention", twin.id);
    else { this.selected = null; this.emit("add_mention", { ...span, entity_type: type.name }); }
  }

  chooseType(at) { this.typeIndex = at; this.render(); }

  setType(name) {
    const part = this.selectedPart();
    if (part && !part.isSaving && part.entity_type !== name) this.emit("set_type", { mention_id: part.id, entity_type: name });
  }

  resize(id, span) {
    const mention = this.findMention(id);
    if (!mention || mention.isSaving || (mention.start === span.start && mention.end === span.end)) return;
    this.emit("resize_mention", { mention_id: id, ...span });
  }

  // Shift + arrows: shown at once, logged as one change after a short pause.
  nudge(edge, by) {
    const mention = this.selectedPart();
    if (!mention || this.selected.kind !== "mention" || mention.isSaving) return;
    const span = { start: mention.start, end: mention.end, ...this.preview };
    const { canvas } = this;
    if (edge === "start") span.start = Math.min(canvas.step(span.start, by), canvas.step(span.end, -1));
    else span.end = Math.max(canvas.step(span.end, by), canvas.step(span.start, 1));
    this.nudgedId = mention.id;
    this.previewSpan(span);
    clearTimeout(this.nudgeTimer);
    this.nudgeTimer = setTimeout(() => this.flushNudge(), NUDGE_MILLISECONDS);
  }

  flushNudge() {
    clearTimeout(this.nudgeTimer);
    const span = this.preview;
    if (!span || this.nudgeTimer === undefined) return;
    this.nudgeTimer = undefined;
    this.preview = null;
    const trimmed = this.canvas.snap(span.start, span.end, false);
    if (trimmed) this.resize(this.nudgedId, trimmed);
    else this.render();
  }

  previewSpan(span) { this.preview = span; this.render(); }

  // First click selects, a click on another mention relates the two.
  pickMention(id) {
    if (!this.canEdit) return;
    const mention = this.findMention(id);
    const head = this.selected?.kind === "mention" ? this.selectedPart() : null;
    if (!mention || head?.id === id) this.clear();
    else if (!head || head.isSaving || mention.isSaving) this.select("mention", id);
    else this.relate(head, mention);
  }

  relate(head, tail) {
    const { options, turned } = this.schema.offers(head, tail);
    if (!options.length) {
      this.select("mention", tail.id);
      this.say(`No label joins ${head.entity_type} and ${tail.entity_type}.`);
    } else if (options.length === 1 && !turned) this.takeOffer(options[0]);
    else { this.offer = { options, turned, anchor: tail.id }; this.render(); }
  }

  takeOffer({ label, head, tail }) {
    const twin = this.item.relations.filter(isVisible).find((relation) => relation.label === label.name && (
      (relation.head_id === head.id && relation.tail_id === tail.id)
      || (label.symmetric && relation.head_id === tail.id && relation.tail_id === head.id)
    ));
    this.offer = null;
    if (twin) { this.select("relation", twin.id); return; }
    this.selected = null;
    this.emit("add_relation", { head_id: head.id, tail_id: tail.id, label: label.name });
  }

  reverse() {
    const part = this.selectedPart();
    if (!part || this.selected.kind !== "relation" || part.isSaving) return;
    const [head, tail] = [part.head_id, part.tail_id].map((id) => this.findMention(id));
    const label = this.schema.findLabel(part.label);
    if (label && !this.schema.allows(label, tail.entity_type, head.entity_type)) {
      this.say(`${label.name} may not join ${tail.entity_type} → ${head.entity_type}.`);
    } else this.emit("reverse_relation", { relation_id: part.id });
  }

  setLabel(name) {
    const part = this.selectedPart();
    if (part && !part.isSaving && part.label !== name) this.emit("set_label", { relation_id: part.id, label: name });
  }

  relabel(name) { if (this.item.label !== name) this.emit("relabel", { label: name }); }

  remove() { const part = this.selectedPart(); if (part) this.removePart(this.selected.kind, part); }

  removePart(kind, part) {
    if (part.isSaving) return;
    this.selected = null;
    this.emit(`delete_${kind}`, { [`${kind}_id`]: part.id });
  }

  select(kind, id) {
    if (!this.canEdit) return;
    this.flushNudge();
    this.selected = { kind, id };
    this.mark = null;
    this.hint = "";
    this.offer = null;
    this.showSectionOf(this.selectedPart());
    this.render();
  }

  // Arrow keys walk through mentions, then relations, as they stand in the text; with a head chosen, through its tails.
  step(by) {
    if (!this.canEdit) return;
    const head = this.findMention(this.headId);
    const mentions = (head ? this.tailsOf(head) : this.item.mentions.filter(isVisible)).sort((a, b) => a.start - b.start || a.end - b.end);
    const relations = head ? [] : this.item.relations.filter(isVisible);
    const order = [
      ...mentions.map(({ id }) => ({ kind: "mention", id })), ...relations.map(({ id }) => ({ kind: "relation", id })),
    ];
    if (!order.length) return;
    const at = order.findIndex((part) => part.kind === this.selected?.kind && part.id === this.selected.id);
    const after = head ? mentions.findIndex((mention) => mention.start >= head.start) : -1;
    const from = at >= 0 ? at : head ? after - 1 : this.lastStep ?? (by > 0 ? -1 : 0);
    this.lastStep = (from + by + order.length) % order.length;
    const { kind, id } = order[this.lastStep];
    this.select(kind, id);
    if (head) this.say(`Head “${this.words(head)}”, tail “${this.words(this.selectedPart())}”. Enter relates them, Esc leaves.`);
  }

  clear() {
    this.flushNudge();
    this.selected = null;
    this.mark = null;
    this.headId = null;
    this.offer = null;
    this.hint = "";
    this.open.reasons = false;
    this.render();
  }

  say(hint) { this.hint = hint; this.render(); }

  isEditOpen(item) { return item.kind === "synthetic" ? this.open.text : this.open.list; }

  edit() {
    if (!this.item) return;
    if (this.item.kind === "sentence") { this.toggle("list"); return; }
    this.open.text = true;
    this.parts.editor.field.value = this.item.text;
    this.render();
    this.parts.editor.field.focus();
  }

  saveText(text) {
    const clean = text.trim();
    if (!clean || clean === this.item.text) { this.closeText(); return; }
    if (!movedMasks(this.item, clean)) {
      const index = new TextIndex(this.item.text);
      const masks = this.item.mentions.map((mention) => index.slice(mention.start, mention.end)).join(" and ");
      this.say(`The sentence must keep ${masks}.`);
      return;
    }
    this.open.text = false;
    this.emit("edit", { text: clean });
  }

  closeText() { this.open.text = false; this.hint = ""; this.render(); }

  reload(notice) {
    this.dismiss(notice);
    const present = this.data.items.find((item) => itemKey(item) === itemId(notice));
    const fields = { item_kind: notice.item_kind, item_id: notice.item_id, version: present?.version ?? null };
    this.emit("reload", fields, this.placeOf(notice) ?? this.position);
  }

  dismiss(notice) {
    this.log.notices = this.log.notices.filter((other) => other !== notice);
    this.render();
  }
}
