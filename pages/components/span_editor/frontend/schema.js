// What the project's schema allows: colours, legal labels, and which number key means what.
const NEUTRAL = "#64748b";
// The negative label: in no schema, but a synthetic sentence can have it.
const NO_RELATION = "NO_RELATION";
const labelText = (name) => (name === NO_RELATION ? "no relation" : name);

class EditorSchema {
  constructor(raw) {
    this.types = raw.types;
    this.labels = raw.labels;
  }

  typeColour(name) { return this.types.find((type) => type.name === name)?.colour ?? NEUTRAL; }

  labelColour(name) { return this.findLabel(name)?.colour ?? NEUTRAL; }

  findLabel(name) { return this.labels.find((label) => label.name === name) ?? null; }

  allows(label, headType, tailType) {
    const joins = (from, to) => label.legal.some(([head, tail]) => head === from && tail === to);
    return joins(headType, tailType) || (label.symmetric && joins(tailType, headType));
  }

  legalLabels(head, tail) {
    return this.labels.filter((label) => this.allows(label, head.entity_type, tail.entity_type));
  }

  // Labels for a new relation; where none is legal in the direction clicked, those of the other direction.
  offers(head, tail) {
    const forward = this.legalLabels(head, tail).map((label) => ({ label, head, tail }));
    if (forward.length) return { options: forward, turned: false };
    return { options: this.legalLabels(tail, head).map((label) => ({ label, head: tail, tail: head })), turned: true };
  }
}

const isPending = (part) => part.state === "pending";
const isVisible = (part) => part.state !== "rejected";
const itemKey = (item) => `${item.kind}:${item.id}`;
const stateWord = (part) => (isPending(part) ? "suggested" : part.state);
