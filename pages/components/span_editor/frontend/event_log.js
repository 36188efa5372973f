// Events that Python has not acknowledged: kept in order, sent as a whole, counted truthfully.
const RESEND_SECONDS = 2;

class EventLog {
  constructor(onChange) {
    // crypto.randomUUID is absent on plain-http addresses of a local network.
    this.client = Math.random().toString(36).slice(2, 12);
    this.seq = 0;
    this.acked = 0;
    this.pending = [];
    this.history = []; // own decisions, newest last, so that undo knows which card to go back to
    this.savedAt = null;
    this.stored = 0; // number of the last own event that Python says is in the database
    this.notices = [];
    this.known = new Set();
    this.seen = new Set(); // refusals that were shown while their card was
    this.onChange = onChange;
    this.app = document.querySelector("[data-testid=stApp]");
    const watcher = new MutationObserver(() => this.connectionChanged());
    if (this.app) watcher.observe(this.app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
    window.addEventListener("beforeunload", (event) => { if (this.numUnsaved) event.preventDefault(); });
  }

  get isOffline() {
    const state = this.app?.dataset.testConnectionState;
    return navigator.onLine === false || (state !== undefined && state !== "CONNECTED");
  }

  get numUnsaved() { return this.pending.filter((event) => !NAVIGATION.has(event.kind)).length; }

  receive(data, setStateValue) {
    this.send = () => setStateValue("log", this.pending);
    this.session = data.session;
    this.addNotices(data.notices); // before the acknowledgement: a replay after a restart repeats acked numbers
    const ack = data.ack[this.client] ?? 0;
    const stored = data.stored[this.client] ?? 0;
    if (stored > this.stored) this.savedAt = new Date();
    this.stored = Math.max(this.stored, stored);
    this.settle(this.pending.filter((event) => event.seq <= stored), data.notices);
    this.acked = Math.max(this.acked, ack);
    this.pending = this.pending.filter((event) => event.seq > ack);
    if (this.mustResend && this.pending.length) this.send();
    this.mustResend = false;
  }

  addNotices(notices) {
    for (const notice of notices) {
      const isRepeat = this.known.has(notice.seq) || notice.seq <= this.acked;
      if (notice.client !== this.client || isRepeat) continue;
      this.known.add(notice.seq);
      this.notices = this.notices.filter((other) => itemId(other) !== itemId(notice)).concat(notice);
      this.history = this.history.filter((entry) => entry.seq !== notice.seq);
    }
  }

  // What was stored on a card settles what was refused there before.
  settle(events, refusals) {
    const isRefused = (event) => refusals.some((notice) => notice.client === this.client && notice.seq === event.seq);
    for (const event of events.filter((one) => !NAVIGATION.has(one.kind) && !isRefused(one))) {
      this.notices = this.notices.filter((notice) => itemId(notice) !== itemId(event) || notice.seq > event.seq);
    }
  }

  // A refusal that was seen on its card goes when another card is shown; one whose card was left already stays.
  leave(itemKey) {
    this.notices = this.notices.filter((notice) => itemId(notice) !== itemKey || !this.seen.has(notice.seq));
  }

  see(itemKey) {
    for (const notice of this.notices) if (itemId(notice) === itemKey) this.seen.add(notice.seq);
  }

  push(event, before) {
    const full = { ...EMPTY_EVENT, ...event, client: this.client, seq: ++this.seq, session: this.session };
    this.pending = [...this.pending, full];
    if (before) this.history.push({ ...before, seq: full.seq, kind: full.kind });
    this.send();
    return full;
  }

  connectionChanged() {
    clearTimeout(this.timer);
    if (!this.isOffline && this.pending.length) {
      this.timer = setTimeout(() => { if (this.pending.length) this.send(); }, RESEND_SECONDS * 1000);
    }
    this.onChange();
  }

  status() {
    const num = this.numUnsaved;
    if (num && this.isOffline) return { kind: "offline", text: `Offline: ${num} decision${num > 1 ? "s" : ""} kept` };
    if (this.isOffline) return { kind: "offline", text: "Offline" };
    if (num) return { kind: "saving", text: "Saving…" };
    if (!this.savedAt) return { kind: "idle", text: "" };
    return { kind: "saved", text: `Saved ${this.savedAt.toLocaleTimeString("en-GB")}` };
  }
}

const itemId = (notice) => `${notice.item_kind}:${notice.item_id}`;
const NAVIGATION = new Set(["skip", "next", "previous", "goto", "reload"]);
const EMPTY_EVENT = { mention_id: null, relation_id: null };
