// Shows at once what Python has yet to confirm: a card plus the events on it that are not acknowledged.
function applyEvent(item, event) {
  const change = OPTIMISTIC[event.kind];
  return change ? { ...item, ...change(item, event) } : item;
}

const without = (parts, id) => parts.filter((part) => part.id !== id);
const replaced = (parts, id, values) => parts.map((part) => (part.id === id ? { ...part, ...values } : part));
const settled = (parts, state) => parts.map((part) => (isPending(part) ? { ...part, state } : part));

function withState(item, event, state) {
  if (event.mention_id !== null) {
    const isGone = (relation) => relation.head_id === event.mention_id || relation.tail_id === event.mention_id;
    return {
      mentions: replaced(item.mentions, event.mention_id, { state }),
      relations: state === "rejected"
        ? item.relations.map((relation) => (isGone(relation) ? { ...relation, state } : relation))
        : item.relations,
    };
  }
  if (event.relation_id !== null) {
    const ends = item.relations.find((relation) => relation.id === event.relation_id);
    const isEnd = (mention) => state === "accepted" && (mention.id === ends?.head_id || mention.id === ends?.tail_id);
    return {
      // A relation stands on its mentions: accepting it accepts them.
      mentions: item.mentions.map((mention) => (isEnd(mention) && isPending(mention) ? { ...mention, state } : mention)),
      relations: replaced(item.relations, event.relation_id, { state }),
    };
  }
  if (item.kind === "synthetic") return { state, reason: event.reason ?? item.reason };
  return { state: "accepted", mentions: settled(item.mentions, state), relations: settled(item.relations, state) };
}

// Finds both masks again after the text of a synthetic sentence was edited; null where one is missing.
function movedMasks(item, text) {
  const before = new TextIndex(item.text);
  const characters = Array.from(text);
  const taken = [];
  const moved = [...item.mentions].sort((a, b) => a.start - b.start).map((mention) => {
    const mask = before.characters.slice(mention.start, mention.end);
    const fits = (at) => mask.every((character, index) => characters[at + index] === character) && !taken.includes(at);
    const start = characters.findIndex((_, at) => fits(at));
    taken.push(start);
    return { ...mention, start, end: start + mask.length };
  });
  return moved.some((mention) => mention.start < 0) ? null : moved;
}

// The card as people read it: names stand where Python gave them. What is edited and stored keeps the masks.
function realised(item) {
  if (!item.mentions.some((mention) => mention.name)) return item;
  const index = new TextIndex(item.text);
  const parts = [];
  let [read, written] = [0, 0];
  const mentions = [...item.mentions].sort((a, b) => a.start - b.start).map((mention) => {
    const words = mention.name || index.slice(mention.start, mention.end);
    const start = written + mention.start - read;
    parts.push(index.slice(read, mention.start), words);
    [read, written] = [mention.end, start + Array.from(words).length];
    return { ...mention, start, end: written };
  });
  return { ...item, text: parts.join("") + index.slice(read, index.length), mentions };
}

const OPTIMISTIC = {
  accept: (item, event) => withState(item, event, "accepted"),
  reject: (item, event) => withState(item, event, "rejected"),
  flag: (item) => ({ is_flagged: !item.is_flagged }),
  add_mention: (item, event) => ({
    mentions: [...item.mentions, {
      id: `new-${event.seq}`, start: event.start, end: event.end, entity_type: event.entity_type,
      state: "accepted", score: null, isSaving: true,
    }],
  }),
  delete_mention: (item, event) => ({
    mentions: without(item.mentions, event.mention_id),
    relations: item.relations.filter((r) => r.head_id !== event.mention_id && r.tail_id !== event.mention_id),
  }),
  set_type: (item, event) => ({
    mentions: replaced(item.mentions, event.mention_id, { entity_type: event.entity_type, state: "corrected" }),
  }),
  resize_mention: (item, event) => ({
    mentions: replaced(item.mentions, event.mention_id, { start: event.start, end: event.end, state: "corrected" }),
  }),
  add_relation: (item, event) => ({
    relations: [...item.relations, {
      id: `new-${event.seq}`, head_id: event.head_id, tail_id: event.tail_id, label: event.label,
      state: "accepted", score: null, isSaving: true,
    }],
  }),
  reverse_relation: (item, event) => ({
    relations: item.relations.map((relation) => (relation.id === event.relation_id
      ? { ...relation, head_id: relation.tail_id, tail_id: relation.head_id, state: "corrected" } : relation)),
  }),
  set_label: (item, event) => ({
    relations: replaced(item.relations, event.relation_id, { label: event.label, state: "corrected" }),
  }),
  delete_relation: (item, event) => ({ relations: without(item.relations, event.relation_id) }),
  relabel: (item, event) => ({
    label: event.label,
    relations: item.relations.map((relation) => ({ ...relation, label: event.label })),
  }),
  edit: (item, event) => ({ text: event.text, mentions: movedMasks(item, event.text) ?? item.mentions }),
};
