// The list of mentions and relations below the text: the same content for keyboards and screen readers.
function partButtons(deck, kind, part, words) {
  const make = (text, action) => button(
    text,
    { class: "dare-button is-quiet", "aria-label": `${text} ${kind} ${words}`, "data-focus": `${text} ${kind} ${part.id}`, disabled: part.isSaving },
    action,
  );
  return html(
    "td", { class: "dare-cell-actions" },
    isPending(part) && make("Accept", () => deck.decidePart("accept", kind, part)),
    isPending(part) && make("Reject", () => deck.decidePart("reject", kind, part)),
    make("Remove", () => deck.removePart(kind, part)),
  );
}

function partRow(deck, kind, part, words, cells) {
  const isSelected = deck.selected?.kind === kind && deck.selected.id === part.id;
  const score = part.score === null ? "" : percent(part.score);
  const [first, ...rest] = cells;
  const opener = button(
    html("bdi", {}, first), { class: "dare-link", "data-focus": `row ${kind} ${part.id}`, "aria-pressed": String(isSelected) }, () => deck.select(kind, part.id),
  );
  return html(
    "tr", { class: isSelected ? "is-selected" : null },
    html("td", { class: "dare-cell-text" }, opener),
    rest.map((cell) => html("td", {}, html("bdi", {}, cell))),
    html("td", {}, capitalise(part.isSaving ? "saving" : stateWord(part))),
    html("td", { class: "dare-cell-number" }, score),
    partButtons(deck, kind, part, words),
  );
}

function partTable(caption, headings, rows, empty) {
  if (!rows.length) return html("p", { class: "dare-empty" }, empty);
  return html(
    "table", { class: "dare-table", "aria-label": caption },
    html("thead", {}, html("tr", {}, headings.map((heading) => html("th", { scope: "col" }, heading)), html("th", {}, ""))),
    html("tbody", {}, rows),
  );
}

function renderTable(deck, item) {
  const { list, listBody, listSummary } = deck.parts;
  list.hidden = item?.kind !== "sentence";
  if (list.hidden) return;
  const mentions = item.mentions.filter(isVisible).sort((a, b) => a.start - b.start);
  const relations = item.relations.filter(isVisible);
  const count = (parts, noun) => `${parts.length} ${noun}${parts.length === 1 ? "" : "s"}`;
  listSummary.textContent = `${count(mentions, "mention")}, ${count(relations, "relation")}`;
  list.open = deck.open.list;
  if (!deck.open.list) return;
  const index = new TextIndex(item.text);
  const wordsById = new Map(item.mentions.map((mention) => [mention.id, index.slice(mention.start, mention.end)]));
  const mentionRows = mentions.map((mention) => {
    const words = wordsById.get(mention.id);
    return partRow(deck, "mention", mention, words, [words, mention.entity_type]);
  });
  const relationRows = relations.map((relation) => {
    const [head, tail] = [wordsById.get(relation.head_id) ?? "", wordsById.get(relation.tail_id) ?? ""];
    return partRow(deck, "relation", relation, `${head} ${relation.label} ${tail}`, [head, relation.label, tail]);
  });
  rebuild(
    listBody,
    partTable("Mentions", ["Mention", "Type", "Status", "Score"], mentionRows, "No mentions. Drag over the text to mark one."),
    partTable("Relations", ["Head", "Label", "Tail", "Status", "Score"], relationRows, "No relations. Click the head, then the tail."),
  );
}
