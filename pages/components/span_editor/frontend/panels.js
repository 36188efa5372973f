// What opens on demand: help on keys, the guideline, the text editor of a synthetic sentence, the choice of a label.
const KEY_HELP = [
  ["Decide", [
    ["a", "accept the card, or what is selected"], ["x", "reject it"], ["Shift X", "reject with a reason (synthetic)"],
    ["Space", "skip"], ["u  ⌫", "undo"], ["f", "flag for later"],
  ]],
  ["Annotate", [
    ["drag", "mark a mention; whole words, Alt for exact"], ["m", "mark with the arrows: a word, Shift for more, Alt for exact"],
    ["1 – 9", "type or label"], ["click, click", "head, then tail: relation"],
    ["l", "relate the selected head: arrows, Enter"], ["r", "reverse the selected relation"], ["Del", "remove what is selected"],
    ["← →", "select the next mention or relation"], ["Shift ← →", "move the end of a mention"],
    ["Shift ↑ ↓", "move its start"], ["Esc", "clear the selection"],
  ]],
  ["Look", [
    ["n  p", "next, previous"], ["o", "at the end: first undecided card"], ["e", "list of a sentence, text of a synthetic one"], ["c", "context"],
    ["g", "guideline"], [",  .", "section before, after, of a long text"], ["?", "this help"],
  ]],
];

function buildHelp(close) {
  const section = ([title, rows]) => html(
    "section", {},
    html("h3", {}, title),
    html("dl", {}, rows.map(([key, meaning]) => [html("dt", {}, html("kbd", {}, key)), html("dd", {}, meaning)])),
  );
  return html(
    "dialog", { class: "dare-help", "aria-label": "Keys" },
    html("header", {}, html("h2", {}, "Keys"), button("Close", { key: "esc", class: "dare-button is-quiet" }, close)),
    html("div", { class: "dare-help-columns" }, KEY_HELP.map(section)),
  );
}

function renderGuideline(deck) {
  const { guideline } = deck.parts;
  guideline.hidden = !deck.open.guideline;
  if (guideline.hidden) return;
  const entry = (named, detail, examples = []) => html(
    "div", { class: "dare-guide-entry", "--c": named.colour },
    html("strong", {}, named.name), html("span", { class: "dare-guide-types" }, detail), html("p", {}, named.guideline || "No guideline written."),
    examples.length > 0 && html("ul", { class: "dare-guide-examples", "aria-label": `Accepted examples of ${named.name}` }, examples.map(exampleLine)),
  );
  const types = (label) => label.legal.map(([head, tail]) => `${head} ${label.symmetric ? "–" : "→"} ${tail}`).join(", ");
  rebuild(
    guideline,
    deck.data.guideline && html("p", { class: "dare-guide-text" }, deck.data.guideline),
    html("div", { class: "dare-guide-list" }, deck.schema.types.map((type) => entry(type, "")), deck.schema.labels.map((label) => entry(label, types(label), deck.data.examples?.[label.name]))),
  );
}

// An approved sentence with its head and tail marked; of two that overlap, the first is.
function exampleLine({ text, head, tail }) {
  const index = new TextIndex(text);
  const parts = [];
  let read = 0;
  for (const [start, end] of [head, tail].sort((a, b) => a[0] - b[0])) {
    if (start < read) continue;
    parts.push(index.slice(read, start), html("b", {}, index.slice(start, end)));
    read = end;
  }
  return html("li", { dir: "auto" }, parts, index.slice(read, index.length));
}

// What stands in the place of the card past the end of the queue, or before the next cards have come.
function renderEnd(deck) {
  const { data, undecided, position, parts } = deck;
  const isOver = position >= data.total && data.position >= data.total;
  const ways = "Go back with p, or undo with u.";
  if (!isOver) {
    rebuild(parts.end, html("strong", {}, "Loading the next cards…"), html("p", {}, "Your decisions are being saved."));
  } else if (undecided?.count) {
    const { count, of } = undecided;
    rebuild(
      parts.end,
      html("strong", {}, `${count} of ${of} cards of this queue ${count === 1 ? "is" : "are"} still undecided`),
      html("p", {}, "You went past the last card. ", ways),
      button("First undecided card", { key: "o" }, () => deck.openUndecided()),
    );
  } else {
    rebuild(parts.end, html("strong", {}, "Nothing left in this queue"), html("p", {}, "Every card is decided. ", ways));
  }
}

function renderContext(deck, item) {
  const { before, after } = deck.parts;
  before.textContent = item.context_before;
  after.textContent = item.context_after;
  before.hidden = !deck.open.context || !item.context_before;
  after.hidden = !deck.open.context || !item.context_after;
}

function renderNotes(deck, item) {
  rebuild(
    deck.parts.notes,
    item.nearest && html("p", {}, html("span", { class: "dare-note-lead" }, "Nearest gold sentence"), markShared(item.nearest, item.text)),
    item.note && html("p", {}, html("span", { class: "dare-note-lead" }, "Origin"), item.note),
  );
  deck.parts.notes.hidden = !item.nearest && !item.note;
}

// Marks what a text has in common with another: words in the same order, and single ones long enough to mean something.
function markShared(text, other) {
  const words = (source) => [...source.matchAll(/\$\w+\$|[\p{L}\p{N}_]+/gu)];
  const plain = words(other).map(([word]) => word.toLowerCase());
  const known = new Set([...plain, ...plain.map((word, at) => `${plain[at - 1]} ${word}`)]);
  const runs = [];
  let before = null;
  for (const { 0: word, index } of words(text)) {
    const key = word.toLowerCase();
    const end = index + word.length;
    if (known.has(`${before} ${key}`)) Object.assign(runs.at(-1), { end, isTelling: true });
    else if (known.has(key)) runs.push({ start: index, end, isTelling: word.length >= 5 && !word.startsWith("$") });
    before = key;
  }
  let read = 0;
  const parts = runs.filter((run) => run.isTelling).flatMap(({ start, end }) => {
    const before = text.slice(read, start);
    read = end;
    return [before, html("mark", { class: "dare-shared" }, text.slice(start, end))];
  });
  return [...parts, text.slice(read)];
}

// Built once and not at every drawing, so that what is being typed survives it.
function buildReasonField(deck) {
  const field = html("input", {
    type: "text", class: "dare-field", maxlength: 200, placeholder: "Another reason, then Enter", "aria-label": "Another reason", "data-focus": "own reason",
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && field.value.trim()) { deck.reject(field.value.trim()); field.value = ""; }
    else if (event.key === "Escape") { field.value = ""; deck.clear(); }
    else return;
    field.blur();
    event.preventDefault();
    event.stopPropagation();
  });
  return field;
}

function buildTextEditor(deck) {
  const field = html("textarea", { class: "dare-field", rows: 3, dir: "auto", "aria-label": "Text of the sentence" });
  const save = () => deck.saveText(field.value);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
    else if (event.key === "Escape") deck.closeText();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const root = html(
    "div", { class: "dare-text-editor", hidden: true },
    field,
    html(
      "div", { class: "dare-group" },
      button("Save text", { key: "ctrl ↵", class: "dare-button is-accept" }, save),
      button("Cancel", { key: "esc" }, () => deck.closeText()),
    ),
  );
  return { root, field };
}

// A small menu under the tail when several labels are legal, or when only the other direction is.
function renderOffer(deck, item) {
  const { popover, text } = deck.canvas;
  const isNew = popover.hidden;
  const wasInside = !isNew && popover.contains(document.activeElement);
  popover.hidden = !deck.offer;
  if (!deck.offer) {
    if (wasInside) deck.canvas.over.querySelector(`[data-mention="${popover.dataset.anchor}"]`)?.focus({ preventScroll: true });
    return;
  }
  const { options, turned, anchor } = deck.offer;
  popover.dataset.anchor = anchor;
  const words = (mention) => deck.words(mention);
  const [{ head, tail }] = options;
  rebuild(
    popover,
    turned && html("p", { class: "dare-popover-note" }, "Only the other direction is legal:"),
    html("p", { class: "dare-popover-lead" }, html("bdi", {}, words(head)), " → ", html("bdi", {}, words(tail))),
    options.map((option, at) => choiceButton({ ...option.label, action: () => deck.takeOffer(option) }, at, "menuitem")),
  );
  const [rect] = deck.canvas.boxOf(anchor).slice(-1);
  const left = clamp(rect?.x ?? 0, 0, Math.max(0, text.clientWidth - popover.offsetWidth));
  popover.style.left = `${text.offsetLeft + left}px`;
  popover.style.top = `${text.offsetTop + (rect ? rect.y + rect.height : 0) + 8}px`;
  // From the keyboard the menu is entered at once; after a click the keys go on as before.
  if (isNew && document.activeElement?.matches("[data-mention]")) popover.querySelector("button")?.focus({ preventScroll: true });
}

// Up and down walk through an open menu.
function walkMenu(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || event.shiftKey) return;
  const items = [...event.currentTarget.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  items[(at + by + items.length) % items.length]?.focus();
  event.preventDefault();
}
