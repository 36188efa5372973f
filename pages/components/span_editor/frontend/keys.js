// Keys of the deck: one table, and the rules for when they must stay silent.
const TEXT_FIELDS = "input, textarea, select, [contenteditable=''], [contenteditable=true]";
const OTHER_WIDGETS = "[role=combobox], [role=listbox], [role=menu], [role=slider], [role=tab], [role=grid], [data-testid=stDataFrame]";
// A toast has the role of an alert dialog too, but it holds no key and stays for seconds.
const DIALOGS = "[role=dialog], [role=alertdialog]:not([data-testid=stToast])";
const PRESSABLE = "button, a[href], summary, [role=button]";

const KEYS = {
  a: (deck) => deck.accept(),
  x: (deck) => deck.reject(),
  X: (deck) => deck.toggle("reasons", deck.item?.kind === "synthetic"),
  " ": (deck) => deck.skip(),
  u: (deck) => deck.undo(),
  e: (deck) => deck.edit(),
  f: (deck) => deck.flag(),
  c: (deck) => deck.toggle("context"),
  g: (deck) => deck.toggle("guideline"),
  n: (deck) => deck.move("next"),
  p: (deck) => deck.move("previous"),
  o: (deck) => deck.openUndecided(),
  r: (deck) => deck.reverse(),
  m: (deck) => deck.startMark(),
  l: (deck) => deck.startLink(),
  ",": (deck) => deck.turn(-1),
  ".": (deck) => deck.turn(1),
  "?": (deck) => deck.toggleHelp(),
  Backspace: (deck) => (deck.selected ? deck.remove() : deck.undo()),
  Delete: (deck) => deck.remove(),
  Escape: (deck) => deck.clear(),
  ArrowRight: (deck) => deck.step(deck.ahead("ArrowRight")),
  ArrowLeft: (deck) => deck.step(deck.ahead("ArrowLeft")),
};

const SHIFT_KEYS = {
  ArrowRight: (deck) => deck.nudge("end", deck.ahead("ArrowRight")),
  ArrowLeft: (deck) => deck.nudge("end", deck.ahead("ArrowLeft")),
  ArrowDown: (deck) => deck.nudge("start", 1),
  ArrowUp: (deck) => deck.nudge("start", -1),
};

function isSilent(event, deck) {
  const isExact = event.altKey && deck.mark && event.key.startsWith("Arrow");
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || (event.altKey && !isExact) || event.isComposing) return true;
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.some((node) => node.matches(TEXT_FIELDS) || (node.matches(OTHER_WIDGETS) && !deck.root.contains(node)))) return true;
  return Boolean(document.querySelector(DIALOGS));
}

// Returns what the key does, or null.
function findAction(event, deck) {
  // A caps lock must not turn "x" into "X"; only Shift does.
  const key = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
  if (key === "Enter" && deck.headId !== null) return () => deck.takeLink();
  if (event.shiftKey && SHIFT_KEYS[key]) return deck.selected?.kind === "mention" ? SHIFT_KEYS[key] : null;
  const isPress = event.target instanceof Element && event.target.matches(PRESSABLE);
  if (isPress && (key === " " || key === "Enter")) return null;
  if (/^[1-9]$/.test(key)) return () => deck.digit(Number(key) - 1);
  return Object.hasOwn(KEYS, key) ? KEYS[key] : null;
}

function handleKey(event, deck) {
  if (deck.help.open) {
    if (event.key !== "?") return;
    deck.toggleHelp();
  } else {
    const isNudge = event.shiftKey && event.key in SHIFT_KEYS;
    if (isSilent(event, deck) || !deck.data) return;
    const isMarking = deck.mark && event.key !== "Tab" && (!event.repeat || event.key.startsWith("Arrow")) && deck.markKey(event);
    const action = isMarking ? null : findAction(event, deck);
    if (!action && !isMarking) return;
    // A held key repeats only for moving an edge of a mention: never a decision.
    if (action && (!event.repeat || isNudge)) action(deck);
  }
  event.preventDefault();
  event.stopImmediatePropagation();
}
