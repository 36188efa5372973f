// The deck itself: builds its parts once, then draws whatever Python sent plus what was done since.
class Deck extends DeckMarking {
  constructor() {
    super();
    this.data = null;
    this.item = null;
    this.selected = null;
    this.preview = null;
    this.offer = null;
    this.mark = null; // what the keyboard would mark
    this.headId = null; // head that waits for its tail
    this.section = 0;
    this.hint = "";
    this.typeIndex = 0;
    this.open = { context: false, guideline: false, list: false, reasons: false, text: false };
    this.undone = new Map();
    this.log = new EventLog(() => this.render());
    this.observer = new ResizeObserver(() => this.widthChanged());
    this.build();
    document.fonts?.ready.then(() => this.render());
  }

  // Puts the deck on the page; what was not acknowledged while it was away is sent again.
  attach(parent) {
    this.detach();
    this.parent = parent;
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.pointer = new Pointer(this.canvas, this, signal);
    // On the window and in the capture phase: before Streamlit's own keys (c, r).
    window.addEventListener("keydown", (event) => handleKey(event, this), { capture: true, signal });
    this.observer.observe(this.canvas.root);
    parent.append(this.root);
    this.log.mustResend = true;
  }

  detach() {
    this.stop?.abort();
    this.observer.disconnect();
    this.root.remove();
    this.parent = null;
  }

  build() {
    const part = (name, attributes = {}) => html("div", { class: `dare-${name}`, ...attributes });
    this.parts = {
      top: part("top"), meta: part("meta"), choices: part("choices"), notices: part("notices", { role: "alert" }),
      hint: part("hint", { role: "status" }), reasons: part("reasons", { role: "menu", "aria-label": "Reasons", hidden: true }), actions: part("actions", { role: "toolbar", "aria-label": "Decisions" }),
      before: part("context", { dir: "auto" }), after: part("context", { dir: "auto" }), notes: part("notes"),
      sections: part("sections", { role: "group", "aria-label": "Sections of a long text" }),
      guideline: part("guideline", { role: "region", "aria-label": "Guideline" }), end: part("end", { hidden: true }),
      listSummary: html("summary", {}), listBody: part("list-body"), content: part("content"), editor: buildTextEditor(this), reason: buildReasonField(this),
    };
    const { top, meta, choices, notices, hint, reasons, actions, before, after, notes, guideline, end, listSummary, listBody, content, editor, sections } = this.parts;
    this.parts.list = html("details", { class: "dare-list" }, listSummary, listBody);
    this.parts.list.addEventListener("toggle", () => {
      if (this.open.list !== this.parts.list.open) this.toggle("list");
    });
    content.append(meta, guideline, choices, sections, before);
    this.canvas = new Canvas(content);
    content.append(editor.root, after, notes);
    this.help = buildHelp(() => this.toggleHelp());
    this.root = html(
      "section", { class: "dare-deck", "aria-label": "Annotation", "data-testid": "dare-deck" },
      top, html("div", { class: "dare-card" }, content, end, hint, notices, reasons, actions), this.parts.list, this.help,
    );
  }

  update({ data, setStateValue }) {
    this.data = data;
    this.schema = new EditorSchema(data.schema);
    this.typeIndex = Math.min(this.typeIndex, Math.max(0, this.schema.types.length - 1));
    this.log.receive(data, setStateValue);
    this.render();
  }

  render() {
    if (!this.data) return;
    const before = this.item && itemKey(this.item);
    this.item = this.shown();
    const now = this.item && itemKey(this.item);
    if (now !== before) {
      this.log.leave(before);
      this.cardChanged();
    }
    this.log.see(now);
    if (this.selected && !this.selectedPart()) this.selected = null;
    renderTop(this);
    renderNotices(this, this.item);
    renderReasons(this, this.item);
    renderActions(this, this.item);
    this.renderContent();
    renderTable(this, this.item);
    Object.assign(this.root.dataset, { position: this.position, item: now ?? "", pending: this.log.pending.length });
  }

  cardChanged() {
    this.selected = null;
    this.preview = null;
    this.offer = null;
    this.mark = null;
    this.headId = null;
    this.section = 0;
    this.lastMarked = undefined;
    this.lastStep = undefined;
    this.open.text = false;
    this.parts.reason.value = "";
  }

  renderContent() {
    const { item, parts } = this;
    parts.content.hidden = !item;
    parts.end.hidden = Boolean(item);
    if (!item) { renderEnd(this); return; }
    renderMeta(this, item);
    renderGuideline(this);
    renderChoices(this, item);
    renderContext(this, item);
    renderNotes(this, item);
    parts.editor.root.hidden = !this.open.text;
    this.canvas.root.hidden = this.open.text;
    if (this.open.text) return;
    const drawn = this.preview && this.selected
      ? { ...item, mentions: replaced(item.mentions, this.selected.id, this.preview) } : item;
    this.canvas.root.classList.toggle("is-editable", this.canEdit);
    const { schema, selected, mark, headId, canEdit } = this;
    const sections = cutSections(item);
    this.section = clamp(this.section, 0, sections.length - 1);
    const section = sections.length > 1 ? sections[this.section] : null;
    renderSections(this, item);
    if (!this.canvas.isLaidOut) this.width = 0; // so that it is drawn once there is room
    this.canvas.draw(realised(drawn), { schema, selected, mark, headId, canEdit, section });
    renderOffer(this, item);
  }

  // Drawing changes the canvas's height, never its width; only a new width needs another drawing.
  widthChanged() {
    const width = this.canvas.root.clientWidth;
    if (width === this.width) return;
    this.width = width;
    this.render();
  }

  selectedPart() {
    if (!this.selected || !this.item) return null;
    const parts = this.selected.kind === "mention" ? this.item.mentions : this.item.relations;
    return parts.filter(isVisible).find((part) => part.id === this.selected.id) ?? null;
  }

  findMention(id) { return this.item?.mentions.find((mention) => mention.id === id) ?? null; }

  words(mention) { return Array.from(this.item.text).slice(mention.start, mention.end).join(""); }

  turn(by) {
    if (!this.item) return;
    this.flushNudge();
    this.section = clamp(this.section + by, 0, cutSections(this.item).length - 1);
    this.clear();
  }

  // A mention, or a relation's head, that lies in another section brings that section.
  showSectionOf(part) {
    const mention = part && "head_id" in part ? this.findMention(part.head_id) : part;
    if (!mention) return;
    const at = cutSections(this.item).findIndex((section) => holds(section, mention));
    if (at >= 0) this.section = at;
  }

  // Attributes hold text, ids are numbers, or text while Python has not given one yet.
  partId(group, text) { return this.item[group].find((part) => String(part.id) === text)?.id ?? null; }

  placeOf(notice) {
    const at = this.data.items.findIndex((item) => itemKey(item) === itemId(notice));
    return at < 0 ? null : this.data.first + at;
  }

  // Past the last card Python names those of the queue that nobody has decided.
  get undecided() { return this.item ? null : this.data.undecided; }

  digit(at) {
    if (!this.item) return;
    if (this.offer) { if (this.offer.options[at]) this.takeOffer(this.offer.options[at]); return; }
    if (this.open.reasons) { this.giveReason(at); return; }
    digitChoices(this, this.item).options[at]?.action();
  }

  toggle(flag, isAllowed = true) {
    if (!isAllowed) return;
    this.open[flag] = !this.open[flag];
    this.render();
  }

  toggleHelp() {
    if (this.help.open) this.help.close();
    else this.help.showModal();
  }
}

// A deck outlives its place on the page: Streamlit takes the component away and puts it back when a run is interrupted,
// and decisions that are not acknowledged, refusals and the way back must survive that.
const decks = (globalThis[Symbol.for("dare.decks")] ??= new Map());

// Streamlit calls this at every change of data, and the returned function once, when the component goes away.
export default function mount(component) {
  const { parentElement, data } = component;
  if (!decks.has(data.deck)) decks.set(data.deck, new Deck());
  const deck = decks.get(data.deck);
  if (deck.parent !== parentElement) deck.attach(parentElement);
  deck.update(component);
  return () => { if (deck.parent === parentElement) deck.detach(); };
}
