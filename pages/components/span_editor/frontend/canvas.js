// The annotated text: one text node, so that DOM offsets are text offsets, between two layers of SVG.
const FONT_SIZE_SMALL = 11;
const GUTTER_SHARE = 1 / 8; // of the width, at most, for the arcs on either side of the text
const NARROWEST = 6; // width in pixels of what cannot be seen

class Canvas {
  constructor(parent) {
    this.under = svg("svg", { class: "dare-layer", "aria-hidden": "true" });
    this.node = document.createTextNode("");
    this.text = html("div", { class: "dare-text", dir: "auto", "data-testid": "dare-text" }, this.node);
    this.over = svg("svg", { class: "dare-layer dare-over", role: "group", "aria-label": "Mentions and relations" });
    this.popover = html("div", { class: "dare-popover", role: "menu", "aria-label": "Label of the relation", hidden: true, onkeydown: walkMenu });
    this.root = html("div", { class: "dare-canvas" }, this.under, this.text, this.over, this.popover);
    this.index = new TextIndex(""); // of the section that is shown
    this.offset = 0; // code points before it; all positions given and taken are those of the whole text
    this.boxes = []; // [{id, rects}] of what is drawn, for finding the mention under the pointer
    this.ruler = document.createElement("canvas").getContext("2d");
    parent.append(this.root);
  }

  setText(text, section) {
    const shown = section ? Array.from(text).slice(section.start, section.end).join("") : text;
    this.offset = section?.start ?? 0;
    if (this.index.text === shown) return;
    this.index = new TextIndex(shown);
    this.node.data = shown;
  }

  get end() { return this.offset + this.index.length; }

  slice(start, end) { return this.index.slice(start - this.offset, end - this.offset); }

  step(point, by) { return this.offset + this.index.step(point - this.offset, by); }

  snap(start, end, wholeWords) { return this.moved(this.index.snap(start - this.offset, end - this.offset, wholeWords)); }

  findWord(point, by) { return this.moved(this.index.findWord(point - this.offset, by)); }

  moved(span) { return span && { start: span.start + this.offset, end: span.end + this.offset }; }

  range(start, end) {
    const unit = (point) => this.index.units[clamp(point - this.offset, 0, this.index.length)];
    const range = document.createRange();
    range.setStart(this.node, unit(start));
    range.setEnd(this.node, unit(end));
    return range;
  }

  // Rectangles of a span; one without width, such as a zero-width space, gets one that can be seen and clicked.
  spanRects(start, end) {
    const range = this.range(start, end);
    const rects = this.rects(range);
    if (rects.length) return rects;
    const origin = this.text.getBoundingClientRect();
    const rect = range.getClientRects()[0] ?? range.getBoundingClientRect();
    return [{ x: rect.left - origin.left - NARROWEST / 2, y: rect.top - origin.top, width: NARROWEST, height: rect.height }];
  }

  // Where a span begins and ends on the screen; in text from right to left it begins at the right.
  edges({ start, end }) {
    const [first] = this.spanRects(start, this.step(start, 1));
    const last = this.spanRects(this.step(end, -1), end).at(-1);
    const second = this.step(start, 1) < end ? this.spanRects(this.step(start, 1), this.step(start, 2))[0] : null;
    const isTurned = second && Math.abs(second.y - first.y) < 2
      ? second.x < first.x : getComputedStyle(this.text).direction === "rtl";
    const side = (rect, isRight) => ({ x: isRight ? rect.x + rect.width : rect.x, y: rect.y, height: rect.height, isRight });
    return { start: side(first, isTurned), end: side(last, !isTurned) };
  }

  // Client rectangles relative to the text's own corner.
  rects(range) {
    const origin = this.text.getBoundingClientRect();
    return [...range.getClientRects()]
      .filter((rect) => rect.width > 0)
      .map((rect) => ({ x: rect.left - origin.left, y: rect.top - origin.top, width: rect.width, height: rect.height }));
  }

  // Tops of the lines of text, from first to last.
  lineTops() {
    const tops = [];
    for (const rect of this.rects(this.range(this.offset, this.end)).sort((a, b) => a.y - b.y)) {
      if (!tops.length || rect.y > tops[tops.length - 1] + rect.height / 2) tops.push(rect.y);
    }
    return tops;
  }

  textWidth(text) { return Math.ceil(this.ruler.measureText(text).width); }

  // Without a place on the page, as between two mounts, text has no lines for arcs to be laid out by.
  get isLaidOut() { return this.text.clientWidth > 0; }

  // Draws mentions and relations; `view` says what is selected and which colours the schema gives.
  draw(item, view) {
    this.setText(item.text, view.section);
    if (!this.isLaidOut) return;
    this.ruler.font = `600 ${FONT_SIZE_SMALL}px ${getComputedStyle(this.text).fontFamily}`;
    const mentions = item.mentions
      .filter((mention) => isVisible(mention) && this.offset <= mention.start && mention.end <= this.end)
      .sort((a, b) => a.start - b.start || b.end - a.end);
    const relations = item.relations.filter(isVisible).map((relation) => ({
      id: relation.id, head_id: relation.head_id, tail_id: relation.tail_id,
      isSymmetric: view.schema.findLabel(relation.label)?.symmetric ?? false,
      labelWidth: this.textWidth(labelText(relation.label)) + 2 * LABEL_PADDING,
    }));
    const plan = this.plan(mentions, relations);
    this.makeRoom(plan);
    this.fill(item, mentions, plan, this.lineTops(), view);
  }

  // Where more arcs run beside the text than fit there, the text gives way and its lines break anew, until all fit.
  plan(mentions, relations) {
    const maxTracks = Math.max(FREE_TRACKS, Math.floor(this.root.clientWidth * GUTTER_SHARE / GUTTER_STEP));
    let room = SIDES.map(() => FREE_TRACKS);
    for (;;) { // room only grows, up to maxTracks
      ["--room-left", "--room-right"].forEach((name, at) => (
        this.text.style.setProperty(name, `${GUTTER_STEP * (room[at] - FREE_TRACKS)}px`)
      ));
      const width = this.text.clientWidth;
      const plan = planLayout(this.measureTags(mentions, this.lineTops(), width), relations, width, maxTracks);
      const wanted = plan.numTracks.map((number, at) => Math.max(number, room[at]));
      if (wanted.every((number, at) => number === room[at])) return plan;
      room = wanted;
    }
  }

  measureTags(mentions, tops, width) {
    return mentions.map((mention) => {
      const [rect] = this.spanRects(mention.start, mention.end);
      const tagWidth = this.textWidth(mention.entity_type) + 8;
      const line = Math.max(0, tops.findLastIndex((top) => rect.y >= top - rect.height / 2));
      const within = (x) => clamp(x, -2, Math.max(-2, width - tagWidth));
      const [x, endX] = [within(rect.x - 2), within(rect.x + rect.width + 2 - tagWidth)];
      return { id: mention.id, line, x, endX, width: tagWidth, size: mention.end - mention.start };
    });
  }

  // Line height is the height of the letters plus the tallest band; breaks between lines do not depend on it.
  makeRoom({ band, firstBand }) {
    const size = parseFloat(getComputedStyle(this.text).fontSize);
    const letters = this.rects(this.range(this.offset, this.end))[0]?.height ?? size * 1.3;
    const lineHeight = Math.max(size * 1.75, letters + band);
    this.text.style.lineHeight = `${lineHeight}px`;
    const leading = (lineHeight - letters) / 2;
    this.text.style.marginTop = `${firstBand - leading}px`;
    this.text.style.marginBottom = `${BAND_MARGIN - leading}px`;
  }

  fill(item, mentions, plan, tops, view) {
    const { schema, selected } = view;
    const words = (id) => {
      const mention = item.mentions.find((other) => other.id === id);
      return mention ? this.slice(mention.start, mention.end) : "";
    };
    this.boxes = mentions.map((mention) => ({ id: mention.id, rects: this.spanRects(mention.start, mention.end) }));
    const isChosen = (kind, id) => (selected?.kind === kind && selected.id === id) || (kind === "mention" && id === view.headId);
    const boxes = mentions.flatMap((mention, at) => (
      drawBox(mention, this.boxes[at].rects, schema.typeColour(mention.entity_type), isChosen("mention", mention.id))
    ));
    const drawn = plan.arcs.map((arc) => {
      const relation = item.relations.find((other) => other.id === arc.id);
      const touches = isChosen("relation", arc.id) || isChosen("mention", arc.head_id) || isChosen("mention", arc.tail_id);
      return drawArc(relation, arc, arcPoints(arc, tops, plan), {
        colour: schema.labelColour(relation.label), selected: isChosen("relation", arc.id), dimmed: selected && !touches,
        words: `${words(arc.head_id)} → ${words(arc.tail_id)}`,
      });
    });
    const tags = mentions.filter((mention) => plan.tags.has(mention.id)).map((mention) => {
      const tag = plan.tags.get(mention.id);
      return drawTag(mention, tag, tagTop(tops[tag.line], tag.row), {
        colour: schema.typeColour(mention.entity_type), selected: isChosen("mention", mention.id), words: words(mention.id),
      });
    });
    const chosen = view.canEdit && selected?.kind === "mention" && mentions.find((mention) => mention.id === selected.id);
    const grips = chosen ? drawGrips(this.edges(chosen), schema.typeColour(chosen.entity_type)) : [];
    const mark = view.mark ? drawMark(this.spanRects(view.mark.start, view.mark.end)) : [];
    const shift = { class: "dare-shift", transform: `translate(${this.text.offsetLeft} ${this.text.offsetTop})` };
    this.under.replaceChildren(svg("g", shift, boxes, mark));
    rebuild(this.over, svg("g", shift, drawn.map((arc) => arc.line), tags, drawn.map((arc) => arc.pill), grips));
  }

  boxOf(id) { return this.boxes.find((box) => box.id === id)?.rects ?? []; }

  // Mentions under a point of the window, innermost first.
  mentionsAt(clientX, clientY) {
    const origin = this.text.getBoundingClientRect();
    const [x, y] = [clientX - origin.left, clientY - origin.top];
    const covers = (rect) => rect.x - 2 <= x && x <= rect.x + rect.width + 2 && rect.y <= y && y <= rect.y + rect.height;
    const length = (box) => box.rects.reduce((sum, rect) => sum + rect.width, 0);
    return this.boxes.filter((box) => box.rects.some(covers)).sort((a, b) => length(a) - length(b)).map((box) => box.id);
  }

  // Code point nearest to a point of the window; null outside the text.
  pointAt(clientX, clientY) {
    const caret = document.caretPositionFromPoint
      ? document.caretPositionFromPoint(clientX, clientY)
      : document.caretRangeFromPoint?.(clientX, clientY);
    const node = caret?.offsetNode ?? caret?.startContainer;
    if (node !== this.node) return null;
    return this.offset + this.index.points[caret.offset ?? caret.startOffset];
  }

  // Selected code points; a drag that left the text ends at the text's edge. Null where nothing is selected.
  selection() {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(this.node)) return null;
    const start = range.startContainer === this.node ? this.index.points[range.startOffset] : 0;
    const end = range.endContainer === this.node ? this.index.points[range.endOffset] : this.index.length;
    return start < end ? this.moved({ start, end }) : null;
  }
}
