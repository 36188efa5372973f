// Turns a layout into SVG: mention boxes, type tags, arcs with their labels, resize grips.
const CORNER = 6;
const ARROW = 5;

// A path through the points with rounded corners.
function roundedPath(points) {
  const parts = [`M${points[0][0]},${points[0][1]}`];
  for (let index = 1; index < points.length - 1; index++) {
    const [before, [x, y], after] = points.slice(index - 1, index + 2);
    const toward = ([a, b]) => {
      const distance = Math.hypot(a - x, b - y) || 1;
      const step = Math.min(CORNER, distance / 2) / distance;
      return `${x + (a - x) * step},${y + (b - y) * step}`;
    };
    parts.push(`L${toward(before)}`, `Q${x},${y} ${toward(after)}`);
  }
  const [x, y] = points[points.length - 1];
  return `${parts.join("")}L${x},${y}`;
}

const partClass = (name, part, { selected, dimmed = false }) => [
  name,
  isPending(part) && "is-pending",
  part.isSaving && "is-saving",
  selected && "is-selected",
  dimmed && "is-dimmed",
].filter(Boolean).join(" ");

function drawBox(mention, rects, colour, selected) {
  return rects.flatMap((rect) => {
    const [x, width] = [rect.x - 1.5, rect.width + 3];
    const box = svg("rect", {
      x, y: rect.y - 1, width, height: rect.height + 2, rx: 4,
      class: partClass("dare-box", mention, { selected }), "--c": colour, "data-id": mention.id,
    });
    if (!isPending(mention) || mention.score === null) return [box];
    const bar = { x: x + 2, y: rect.y + rect.height + 2.5, height: 2.5, rx: 1.25, "--c": colour };
    return [
      box,
      svg("rect", { ...bar, width: width - 4, class: "dare-score-track" }),
      svg("rect", { ...bar, width: (width - 4) * mention.score, class: "dare-score" }),
    ];
  });
}

function describe(part, name, words) {
  const score = part.score !== null && isPending(part) ? `, score ${percent(part.score)}` : "";
  return `${name}: ${words}, ${stateWord(part)}${score}`;
}

function drawTag(mention, tag, top, { colour, selected, words }) {
  const label = describe(mention, mention.entity_type, words);
  return svg(
    "g",
    {
      class: partClass("dare-tag", mention, { selected }), "--c": colour,
      tabindex: 0, role: "button", "aria-label": label, "aria-pressed": String(selected),
      "data-mention": mention.id, "data-focus": `mention ${mention.id}`,
    },
    svg("title", {}, label),
    svg("rect", { x: tag.x, y: top + 1, width: tag.width, height: TAG_HEIGHT - 2, rx: 3 }),
    svg("text", { x: tag.x + tag.width / 2, y: top + TAG_HEIGHT - 4.5, "text-anchor": "middle" }, mention.entity_type),
  );
}

function arcPoints(arc, lineTops, plan) {
  const topOf = (tag) => tagTop(lineTops[tag.line], tag.row) + 1;
  const yOf = (segment) => laneY(lineTops[segment.line], plan.numRows(segment.line), segment.lane);
  const [first, second] = arc.segments;
  const points = [[arc.headX, topOf(arc.headTag)], [arc.headX, yOf(first)]];
  if (second) points.push([arc.gutterX, yOf(first)], [arc.gutterX, yOf(second)]);
  points.push([arc.tailX, yOf(second ?? first)], [arc.tailX, topOf(arc.tailTag) - (arc.isSymmetric ? 0 : ARROW)]);
  return { points, labelY: yOf(arc.labelled), headY: topOf(arc.headTag), tailY: topOf(arc.tailTag) };
}

function drawArc(relation, arc, geometry, { colour, selected, dimmed, words }) {
  const { points, labelY, headY, tailY } = geometry;
  const path = roundedPath(points);
  const label = describe(relation, labelText(relation.label), words);
  const [x, y, width] = [arc.labelled.labelX - arc.labelWidth / 2, labelY - LABEL_HEIGHT / 2, arc.labelWidth];
  const arrow = `M${arc.tailX - 4},${tailY - ARROW - 1}h8l-4,${ARROW + 1}z`;
  const line = svg(
    "g",
    { class: partClass("dare-arc", relation, { selected, dimmed }), "--c": colour, "data-relation": relation.id },
    svg("path", { d: path, class: "dare-arc-hit" }),
    svg("path", { d: path, class: "dare-arc-line" }),
    svg("circle", { cx: arc.headX, cy: headY - 2, r: 2.5 }),
    arc.isSymmetric ? svg("circle", { cx: arc.tailX, cy: tailY - 2, r: 2.5 }) : svg("path", { d: arrow, class: "dare-arrow" }),
  );
  const pill = svg(
    "g",
    {
      class: partClass("dare-arc-label", relation, { selected, dimmed }), "--c": colour,
      tabindex: 0, role: "button", "aria-label": label, "aria-pressed": String(selected),
      "data-relation": relation.id, "data-focus": `relation ${relation.id}`,
    },
    svg("title", {}, label),
    svg("rect", { x, y, width, height: LABEL_HEIGHT, rx: LABEL_HEIGHT / 2 }),
    svg("text", { x: x + width / 2, y: y + LABEL_HEIGHT - 4.5, "text-anchor": "middle" }, labelText(relation.label)),
  );
  if (isPending(relation) && relation.score !== null) {
    const bar = { x: x + LABEL_PADDING, y: y + LABEL_HEIGHT + 1, height: 2, rx: 1 };
    const full = width - 2 * LABEL_PADDING;
    pill.append(
      svg("rect", { ...bar, width: full, class: "dare-score-track" }),
      svg("rect", { ...bar, width: full * relation.score, class: "dare-score" }),
    );
  }
  return { line, pill };
}

// Two grips to drag, at the edges of the selected mention.
function drawGrips(edges, colour) {
  return Object.entries(edges).map(([name, { x, y, height, isRight }]) => {
    const middle = isRight ? x + 2 : x - 2;
    return svg(
      "g",
      { class: "dare-grip", "data-edge": name, "--c": colour },
      svg("rect", { x: middle - 8, y: y - 4, width: 16, height: height + 8, class: "dare-grip-hit" }),
      svg("rect", { x: middle - 2, y: y - 1, width: 4, height: height + 2, rx: 2 }),
    );
  });
}

// What the keyboard would mark.
const drawMark = (rects) => rects.map((rect) => svg(
  "rect", { x: rect.x - 1.5, y: rect.y - 1, width: rect.width + 3, height: rect.height + 2, rx: 4, class: "dare-mark" },
));
