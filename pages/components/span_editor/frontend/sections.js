// A long text is shown a section at a time; no cut goes through a word or a mention.
const LONGEST_WHOLE = 6000; // code points that are still shown at once
const SECTION_LENGTH = 4000;

let lastCut = { text: null, spans: null, sections: null };

// Returns the sections of a card's text as [{start, end}] in code points; a short text is one section.
function cutSections(item) {
  const spans = item.mentions.map((mention) => `${mention.start}-${mention.end}`).join();
  if (lastCut.text !== item.text || lastCut.spans !== spans) {
    lastCut = { text: item.text, spans, sections: findSections(Array.from(item.text), item.mentions) };
  }
  return lastCut.sections;
}

function findSections(characters, mentions) {
  if (characters.length <= LONGEST_WHOLE) return [{ start: 0, end: characters.length }];
  const sections = [];
  let start = 0;
  while (start < characters.length) {
    const end = findCut(characters, mentions, start);
    sections.push({ start, end });
    start = end;
  }
  return sections;
}

// Prefers the end of a line, then of a sentence, then of a word, in the last quarter of a section.
function findCut(characters, mentions, start) {
  const limit = start + SECTION_LENGTH;
  if (characters.length - start <= LONGEST_WHOLE) return characters.length;
  const isFree = (at) => mentions.every((mention) => at <= mention.start || mention.end <= at);
  const isBlank = (at) => /\s/u.test(characters[at - 1]);
  const tests = [
    (at) => characters[at - 1] === "\n", (at) => isBlank(at) && /[.!?]/.test(characters[at - 2]), isBlank,
  ];
  for (const test of tests) {
    for (let at = limit; at > limit - SECTION_LENGTH / 4; at--) if (test(at) && isFree(at)) return at;
  }
  for (let at = limit; at < characters.length; at++) if (isFree(at)) return at;
  return characters.length;
}

const holds = (section, mention) => section.start <= mention.start && mention.end <= section.end;

function renderSections(deck, item) {
  const sections = cutSections(item);
  const bar = deck.parts.sections;
  bar.hidden = sections.length < 2;
  if (bar.hidden) return;
  const shown = new Set(item.mentions.filter((mention) => holds(sections[deck.section], mention)).map((mention) => mention.id));
  const numCrossing = item.relations.filter(isVisible).filter((relation) => shown.has(relation.head_id) !== shown.has(relation.tail_id)).length;
  const crossing = numCrossing && `${numCrossing} relation${numCrossing > 1 ? "s" : ""} to other sections: see the list`;
  rebuild(
    bar,
    button("Section before", { key: ",", class: "dare-button is-quiet", disabled: deck.section === 0 }, () => deck.turn(-1)),
    html("span", { role: "status" }, `Section ${deck.section + 1} of ${sections.length}`),
    button("Section after", { key: ".", class: "dare-button is-quiet", disabled: deck.section === sections.length - 1 }, () => deck.turn(1)),
    html("span", {}, crossing),
  );
}
