// Where type tags and relation arcs go: pure geometry, no drawing. Every line of text has a band above it with rows
// of tags and, above those, lanes of arcs; two things in one row or lane never overlap, so labels never cover text.
const TAG_HEIGHT = 15;
const LANE_HEIGHT = 20;
const LABEL_HEIGHT = 16;
const TEXT_GAP = 3; // between a line's letters and its first row of tags
const BAND_MARGIN = 7; // below the letters of the line above: descenders and score bars
const LABEL_PADDING = 8;
const NEIGHBOUR_GAP = 6;
const GUTTER_FIRST = 9;
const GUTTER_STEP = 4;
const FREE_TRACKS = 5; // as many as fit beside the text where it gives no way
const SIDES = [-1, 1]; // left and right of the text

const isFree = (row, from, to) => row.every(([start, end]) => to + NEIGHBOUR_GAP <= start || end + NEIGHBOUR_GAP <= from);

// The lowest row in which the interval is free; it is taken afterwards.
function takeRow(rows, from, to) {
  let index = rows.findIndex((row) => isFree(row, from, to));
  if (index < 0) index = rows.push([]) - 1;
  rows[index].push([from, to]);
  return index;
}

const perLine = () => {
  const lines = new Map();
  return (line) => lines.get(line) ?? lines.set(line, []).get(line);
};

// Short mentions keep their tags next to the text; that of a longer one moves to its mention's end, or a row up.
function placeTags(tags, rowsOf) {
  const order = [...tags].sort((a, b) => a.size - b.size || a.line - b.line || a.x - b.x);
  return new Map(order.map((tag) => {
    const rows = rowsOf(tag.line);
    const x = [tag.x, tag.endX].find((at) => isFree(rows[0] ?? [], at, at + tag.width)) ?? tag.x;
    return [tag.id, { ...tag, x, row: takeRow(rows, x, x + tag.width) }];
  }));
}

// Spreads the arcs that end at one tag over its width, ordered so that nested arcs do not cross.
function spreadAnchors(arcs) {
  const ends = new Map();
  for (const arc of arcs) {
    for (const [tag, other, name] of [[arc.headTag, arc.tailTag, "headX"], [arc.tailTag, arc.headTag, "tailX"]]) {
      const middle = other.x + other.width / 2;
      const away = other.line === tag.line ? middle : arc.side * 1e6 + other.line;
      const list = ends.get(tag.id) ?? ends.set(tag.id, []).get(tag.id);
      list.push({ arc, tag, name, away, isRight: away > tag.x + tag.width / 2 });
    }
  }
  for (const list of ends.values()) {
    list.sort((a, b) => a.isRight - b.isRight || b.away - a.away);
    const { x, width } = list[0].tag;
    const step = list.length > 1 ? Math.min(14, (width - 10) / (list.length - 1)) : 0;
    const first = x + width / 2 - (step * (list.length - 1)) / 2;
    list.forEach((end, index) => { end.arc[end.name] = first + step * index; });
  }
}

// An arc within a line is one segment; one between lines is two, joined in the gutter beside the text.
function makeSegments(arc, width, tracks, maxTracks) {
  const { headTag, tailTag, headX, tailX } = arc;
  if (headTag.line === tailTag.line) {
    arc.segments = [{ arc, line: headTag.line, from: Math.min(headX, tailX), to: Math.max(headX, tailX), ends: [headX, tailX] }];
    return;
  }
  const top = Math.min(headTag.line, tailTag.line);
  const track = takeRow(tracks(arc.side), top * 100, Math.max(headTag.line, tailTag.line) * 100);
  const beyond = GUTTER_FIRST + GUTTER_STEP * (track % maxTracks);
  arc.gutterX = arc.side > 0 ? width + beyond : -beyond;
  arc.segments = [[headTag.line, headX], [tailTag.line, tailX]].map(([line, x]) => (
    { arc, line, from: Math.min(x, arc.gutterX), to: Math.max(x, arc.gutterX), ends: [x] }
  ));
}

// Gives each segment its lane; short segments lie low, as the longer ones bridge them.
function assignLanes(arcs, width, lanesOf) {
  for (const arc of arcs) {
    arc.labelled = arc.segments.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
  }
  const segments = arcs.flatMap((arc) => arc.segments).sort((a, b) => (a.to - a.from) - (b.to - b.from));
  for (const segment of segments) {
    let { from, to } = segment;
    if (segment.arc.labelled === segment) {
      const half = segment.arc.labelWidth / 2;
      const middle = clamp((from + to) / 2, half, Math.max(half, width - half));
      segment.labelX = middle;
      from = Math.min(from, middle - half);
      to = Math.max(to, middle + half);
    }
    segment.lane = takeRow(lanesOf(segment.line), from, to);
  }
  for (const arc of arcs) moveLabelAside(arc, segments, width);
}

// Moves a label along its arc, away from the upright parts of higher arcs that pass through its lane.
function moveLabelAside(arc, segments, width) {
  const own = arc.labelled;
  const uprights = segments
    .filter((other) => other !== own && other.line === own.line && other.lane > own.lane)
    .flatMap((other) => other.ends)
    .filter((x) => own.from < x && x < own.to);
  const half = arc.labelWidth / 2;
  if (!uprights.some((x) => Math.abs(x - own.labelX) < half + 3)) return;
  const stops = [own.from, ...uprights.sort((a, b) => a - b), own.to];
  const gaps = stops.slice(1).map((to, index) => [stops[index], to]);
  const [from, to] = gaps.reduce((a, b) => (b[1] - b[0] > a[1] - a[0] ? b : a));
  own.labelX = clamp((from + to) / 2, Math.max(half, own.from + half), Math.min(width - half, own.to - half));
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// tags: [{id, line, x, endX, width, size}]; relations: [{id, head_id, tail_id, labelWidth}]; width of the text, all in pixels;
// maxTracks: how many arcs may run side by side left of the text, and right of it; what is beyond that shares tracks.
function planLayout(tags, relations, width, maxTracks) {
  const rowsOf = perLine();
  const lanesOf = perLine();
  const placed = placeTags(tags, rowsOf);
  const arcs = relations
    .filter((relation) => placed.has(relation.head_id) && placed.has(relation.tail_id))
    .map((relation) => {
      const [headTag, tailTag] = [placed.get(relation.head_id), placed.get(relation.tail_id)];
      const middles = headTag.x + headTag.width / 2 + tailTag.x + tailTag.width / 2;
      return { ...relation, headTag, tailTag, side: middles > width ? 1 : -1 };
    });
  spreadAnchors(arcs);
  const tracks = perLine();
  // Arcs over few lines, and of these the ones that lie near the edge, run closest to the text: they nest and do not cross.
  const numLinesOf = ({ headTag, tailTag }) => Math.abs(headTag.line - tailTag.line);
  const bySpan = [...arcs].sort((a, b) => numLinesOf(a) - numLinesOf(b) || b.side * (b.headX + b.tailX) - a.side * (a.headX + a.tailX));
  for (const arc of bySpan) makeSegments(arc, width, tracks, maxTracks);
  assignLanes(arcs, width, lanesOf);
  const numLines = Math.max(0, ...tags.map((tag) => tag.line)) + 1;
  const bands = Array.from({ length: numLines }, (_, line) => bandHeight(rowsOf(line).length, lanesOf(line).length));
  return {
    tags: placed, arcs, numRows: (line) => rowsOf(line).length, firstBand: bands[0], band: Math.max(...bands),
    numTracks: SIDES.map((side) => Math.min(tracks(side).length, maxTracks)),
  };
}

const bandHeight = (numRows, numLanes) => BAND_MARGIN + TEXT_GAP + numRows * TAG_HEIGHT + numLanes * LANE_HEIGHT;
const tagTop = (lineTop, row) => lineTop - TEXT_GAP - (row + 1) * TAG_HEIGHT;
const laneY = (lineTop, numRows, lane) => lineTop - TEXT_GAP - numRows * TAG_HEIGHT - (lane + 0.5) * LANE_HEIGHT;
