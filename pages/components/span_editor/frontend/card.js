// The parts of a card around its text: progress, chips, choices behind the number keys, buttons, messages.
const MAX_DIGIT = 9;

function renderTop(deck) {
  const { total } = deck.data;
  const reviewed = Math.min(deck.position, total);
  const status = deck.log.status();
  const progress = total > 1 && html(
    "div",
    { class: "dare-progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": total, "aria-valuenow": reviewed, "aria-label": "Place in the queue" },
    html("div", { class: "dare-progress-bar", style: `width: ${(100 * reviewed) / total}%` }),
  );
  rebuild(
    deck.parts.top,
    html("span", { class: "dare-place" }, total > 1 ? `${Math.min(reviewed + 1, total)} of ${total}` : ""),
    progress,
    html("span", { class: `dare-status is-${status.kind}`, role: "status", "data-testid": "dare-status" }, status.text),
  );
}

const chip = (text, name, attributes = {}) => html("span", { class: `dare-chip ${name}`, ...attributes }, text);

function renderMeta(deck, item) {
  const decided = item.state !== "pending";
  const stateText = item.kind === "sentence" && decided ? "Reviewed" : capitalise(item.state);
  const colour = item.label && deck.schema.labelColour(item.label);
  const shown = [
    item.label && chip(labelText(item.label), "is-label", { "--c": colour }),
    decided && chip(stateText, `is-state is-${item.state}`),
    item.is_flagged && chip("Flagged", "is-flag"),
    item.reason && chip(item.reason, "is-reason"),
    item.scores.map((score) => chip(score, "is-score")),
  ];
  const toggle = (text, key, flag) => button(
    text, { key, class: "dare-button is-quiet", "aria-expanded": String(deck.open[flag]) }, () => deck.toggle(flag),
  );
  rebuild(
    deck.parts.meta,
    html("div", { class: "dare-chips" }, shown.length ? shown : null),
    html(
      "div", { class: "dare-toggles" },
      (item.context_before || item.context_after) && toggle("Context", "c", "context"),
      toggle("Guideline", "g", "guideline"),
      button("Keys", { key: "?", class: "dare-button is-quiet" }, () => deck.toggleHelp()),
    ),
  );
}

// What the number keys mean now; chips and keys both read this.
function digitChoices(deck, item) {
  const { schema } = deck;
  const part = deck.selectedPart();
  if (item.kind === "synthetic") {
    const [relation] = item.relations;
    const ends = relation && [relation.head_id, relation.tail_id].map((id) => item.mentions.find((m) => m.id === id));
    const labels = ends?.every(Boolean) ? schema.legalLabels(...ends) : schema.labels;
    const offered = [...labels, { name: NO_RELATION, colour: NEUTRAL }];
    return { lead: "Label", options: offered.map((label) => choice(label, label.name === item.label, () => deck.relabel(label.name))) };
  }
  if (part && deck.selected.kind === "relation") {
    const ends = [part.head_id, part.tail_id].map((id) => item.mentions.find((mention) => mention.id === id));
    const labels = ends.every(Boolean) ? schema.legalLabels(...ends) : [];
    return { lead: "Label", options: labels.map((label) => choice(label, label.name === part.label, () => deck.setLabel(label.name))) };
  }
  if (part) {
    return { lead: "Type", options: schema.types.map((type) => choice(type, type.name === part.entity_type, () => deck.setType(type.name))) };
  }
  return { lead: "Mark as", options: schema.types.map((type, at) => choice(type, at === deck.typeIndex, () => deck.chooseType(at))) };
}

const choice = (named, isPressed, action) => ({ name: named.name, colour: named.colour, isPressed, action });

function choiceButton({ name, colour, isPressed, action }, at, role = null) {
  const key = at < MAX_DIGIT ? String(at + 1) : "";
  return button(labelText(name), { key, class: "dare-button is-choice", "--c": colour, role, "aria-pressed": role ? null : String(isPressed) }, action);
}

function renderChoices(deck, item) {
  const { lead, options } = digitChoices(deck, item);
  const part = deck.selectedPart();
  const isRelation = part && deck.selected.kind === "relation";
  const score = part && part.score !== null && isPending(part) ? ` ${percent(part.score)}` : "";
  const tools = part && html(
    "div", { class: "dare-tools" },
    chip(`${capitalise(stateWord(part))}${score}`, "is-part"),
    isRelation && button("Reverse", { key: "r", class: "dare-button is-quiet" }, () => deck.reverse()),
    button("Remove", { key: "del", class: "dare-button is-quiet" }, () => deck.remove()),
    button("Clear", { key: "esc", class: "dare-button is-quiet" }, () => deck.clear()),
  );
  rebuild(
    deck.parts.choices,
    html("span", { class: "dare-lead" }, lead),
    html("div", { class: "dare-options", role: "group", "aria-label": lead }, options.map((option, at) => choiceButton(option, at))),
    tools,
  );
}

function renderActions(deck, item) {
  const part = item && deck.selectedPart();
  const noun = part ? ` ${deck.selected.kind}` : "";
  const isAcceptingPart = part && isPending(part);
  const all = item?.kind === "sentence" && [...item.mentions, ...item.relations].some(isPending) ? " all" : "";
  const decisions = item && [
    button(`Accept${isAcceptingPart ? noun : all}`, { key: "a", class: "dare-button is-accept" }, () => deck.accept()),
    html(
      "div", { class: "dare-split" },
      button(`Reject${noun || all}`, { key: "x", class: "dare-button is-reject" }, () => deck.reject()),
      item.kind === "synthetic" && button(
        "▾",
        { class: "dare-button is-more", "aria-label": "Reject with a reason (Shift+X)", title: "Reject with a reason (Shift+X)", "aria-expanded": String(deck.open.reasons) },
        () => deck.toggle("reasons"),
      ),
    ),
    deck.data.total > 1 && button("Skip", { key: "space" }, () => deck.skip()),
  ];
  const sides = [
    button("Undo", { key: "u" }, () => deck.undo()),
    item && button("Flag", { key: "f", "aria-pressed": String(item.is_flagged) }, () => deck.flag()),
    item && button(item.kind === "synthetic" ? "Edit text" : "List", { key: "e", "aria-expanded": String(deck.isEditOpen(item)) }, () => deck.edit()),
  ];
  const moves = deck.data.total > 1 && html(
    "div", { class: "dare-group is-end" },
    button("Previous", { key: "p", class: "dare-button is-quiet", disabled: deck.position === 0 }, () => deck.move("previous")),
    button("Next", { key: "n", class: "dare-button is-quiet", disabled: deck.position >= deck.data.total }, () => deck.move("next")),
  );
  rebuild(
    deck.parts.actions,
    decisions && html("div", { class: "dare-group" }, decisions),
    html("div", { class: "dare-group" }, sides),
    moves,
  );
}

// Between the text and its buttons, so that the sentence to be judged stays in sight.
function renderReasons(deck, item) {
  const { reasons } = deck.data;
  deck.parts.reasons.hidden = !item || !deck.open.reasons;
  rebuild(
    deck.parts.reasons,
    html("span", { class: "dare-lead" }, "Reject as"),
    reasons.map((reason, at) => choiceButton({ name: capitalise(reason), colour: NEUTRAL, action: () => deck.giveReason(at) }, at, "menuitem")),
    html("div", { class: "dare-own-reason" }, deck.parts.reason, html("kbd", { "aria-hidden": "true" }, String(reasons.length + 1))),
  );
}

// Refusals by Python stay until dismissed or settled; a hint of the editor itself goes with the next action.
function renderNotices(deck, item) {
  const current = item ? itemKey(item) : "";
  const notices = deck.log.notices.map((notice) => html(
    "div", { class: "dare-notice", "data-testid": "dare-notice" },
    html("span", {}, notice.message),
    html(
      "span", { class: "dare-group" },
      itemId(notice) !== current && deck.placeOf(notice) !== null
        && button("Show card", { class: "dare-button is-quiet" }, () => deck.goto(deck.placeOf(notice))),
      notice.is_conflict && button("Reload", { class: "dare-button is-quiet" }, () => deck.reload(notice)),
      button("Dismiss", { class: "dare-button is-quiet" }, () => deck.dismiss(notice)),
    ),
  ));
  rebuild(deck.parts.notices, notices);
  rebuild(deck.parts.hint, deck.hint && html("span", {}, deck.hint));
}
