/** Why: holds the page together: which view is shown, what is heard from the server, and what is said when it is not there. */
import { confirmDeed, notify, signIn } from './dialogs.js';
import { element, fill, found } from './elements.js';
import { shownText, visibleText } from './hostile-text.js';
import { LockView } from './lock-view.js';
import { LocksView, shownHolder } from './locks-view.js';
import { RateHistory } from './rate-history.js';
import { RatesView } from './rates-view.js';
import { ServerClock, shownCount, shownDuration } from './server-clock.js';
import { ServerError, ServerLink } from './server-link.js';
import { SessionsView } from './sessions-view.js';

const TICK_MS = 500;
/** What the server says no with while it does not answer this page at all. */
const ABSENT = ['unreachable', 'password-needed', 'starting', 'standby', 'stopping'];
/** Between two tries to reach a server, at first and at most. */
const RETRY_MS = 500;
const RETRY_MS_MAX = 5_000;
/** A link that has a longer name in it is of no use in an address bar. */
const LINKED_NAME_MAX = 1_000;

/** @type {readonly (readonly [label: string, count: (stats: import('./rate-history.js').Stats) => string])[]} */
const TOTALS = [
  ['Leases held', ({ leaseCount }) => shownCount(leaseCount)],
  ['Waiting', ({ waiterCount }) => shownCount(waiterCount)],
  ['Sessions', ({ sessionCount }) => shownCount(sessionCount)],
  ['Names known', ({ lockCount }) => shownCount(lockCount)],
  ['Greatest fence', ({ fencingToken }) => String(fencingToken)],
  ['Up for', ({ now, startedAt }) => shownDuration(now - startedAt)],
];

/** Connecting → live ⇄ away; or paused, by whoever looks. */
export class ConsolePage {
  history = new RateHistory();
  /** Whether changes are heard of. */
  isLive = false;
  #link = new ServerLink();
  #clock = new ServerClock();
  #isPaused = false;
  /** Whether the server has said that this page may ask, and it is there. */
  #isKnown = false;
  /** Ends what is listened to; the next is begun at once. */
  #following = new AbortController();
  #locks = new LocksView(this);
  #lock = new LockView(this);
  #sessions = new SessionsView(this);
  #rates = new RatesView(this);
  /** @type {LocksView | LockView | SessionsView | RatesView} */
  view = this.#locks;
  #place = found('#view', HTMLElement);
  #connection = found('#connection', HTMLElement);
  #trouble = found('#trouble', HTMLElement);
  #pause = found('#pause', HTMLButtonElement);
  #signOut = found('#sign-out', HTMLButtonElement);

  start() {
    addEventListener('hashchange', () => this.#route());
    document.addEventListener('keydown', (event) => this.#onKey(event));
    document.addEventListener('visibilitychange', () => this.followAnew());
    this.#pause.addEventListener('click', () => this.#togglePause());
    this.#signOut.addEventListener('click', () => this.#leave());
    setInterval(() => this.#tick(), TICK_MS);
    this.#route();
    this.attempt(this.#follow());
  }

  now() {
    return this.#clock.now();
  }

  /**
   * @param {string} path
   * @param {object} [question]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} Rejects with ServerError.
   */
  async ask(path, question, signal) {
    const answer = await this.#link.ask(path, question, signal);
    if (typeof answer.now === 'number') {
      this.#clock.set(answer.now);
    }
    return answer;
  }

  /** What goes wrong with it is told: by the loop that listens if it is the server, or else here. @param {Promise<unknown>} work */
  attempt(work) {
    work.catch((error) => {
      if (error instanceof ServerError && ABSENT.includes(error.code)) {
        this.#isKnown = false;
        this.followAnew();
      } else {
        notify(error instanceof Error ? error.message : String(error), 'failed');
      }
    });
  }

  /** Hears what the view now asks for. */
  followAnew() {
    this.#following.abort();
  }

  /** @param {string} hash */
  goTo(hash) {
    if (location.hash === hash) {
      this.#route();
    } else {
      location.hash = hash;
      this.#route();
    }
  }

  /** @param {string} name */
  openLock(name) {
    const isLinkable = name.length <= LINKED_NAME_MAX && name.isWellFormed();
    history.pushState({ name }, '', isLinkable ? `#lock/${encodeURIComponent(name)}` : '#lock');
    this.#route();
  }

  /** @param {string} sessionId */
  openSession(sessionId) {
    this.#sessions.search(sessionId);
    this.goTo('#sessions');
  }

  /** @param {string} sessionId */
  openLeasesOf(sessionId) {
    this.#locks.searchSession(sessionId);
    this.goTo('#locks');
  }

  /** Asks, then ends the lease that is shown and no other. @param {import('./lease-list.js').Holder} holder */
  revoke(holder) {
    const { name, key, fencingToken, grantedAt, waiterCount } = holder;
    confirmDeed({
      title: 'Revoke this lease?',
      facts: [
        ['Lock', shownText(name)],
        ['Holder', shownHolder(holder)],
        ['Fence', String(fencingToken)],
        ['Held for', shownDuration(this.now() - grantedAt)],
        ['Key', `${key.slice(0, 8)}…`],
      ],
      consequence:
        `The lease ends at once. ${waiterCount === 0 ? 'Nobody waits for the lock.' : `The first of ${shownCount(waiterCount)} who wait gets the slot.`} ` +
        'The holder is told if it listens, and may go on working until it notices: only a resource that checks ' +
        'fencing tokens is safe from it.',
      verb: 'Revoke',
      act: async () => {
        await this.ask('revoke', { name, key });
        this.attempt(this.view.refresh());
        return `Revoked the lease on ${visibleText(name)}.`;
      },
    });
  }

  /** @param {import('./sessions-view.js').Session} session */
  kick(session) {
    const {
      sessionId,
      kind,
      peer = 'not heard of since a restart',
      leaseCount,
      waiterCount,
    } = session;
    confirmDeed({
      title: 'End this session?',
      facts: [
        ['From', shownText(peer)],
        ['Kind', kind],
        ['Id', shownText(sessionId)],
        ['Leases', shownCount(leaseCount)],
        ['Waiting', shownCount(waiterCount)],
      ],
      consequence:
        `Its leases end and go to the next in line, and what it waits for is refused. Its client hears of that and may come ` +
        'back with a new session: to keep it out, stop the client first.',
      verb: 'Kick',
      act: async () => {
        const ended = await this.ask('kick', { sessionId });
        this.attempt(this.view.refresh());
        return (
          `Ended the session of ${visibleText(peer)}: ${shownCount(ended.leaseCount)} leases, ` +
          `${shownCount(ended.waiterCount)} waits.`
        );
      },
    });
  }

  #route() {
    const [word = '', encoded] = location.hash.slice(1).split('/');
    const name = history.state?.name ?? decoded(encoded);
    const before = this.view;
    if (word === 'lock' && typeof name === 'string') {
      this.#lock.show(name);
      this.view = this.#lock;
    } else {
      this.view = { sessions: this.#sessions, rates: this.#rates }[word] ?? this.#locks;
    }
    before.hide();
    fill(this.#place, this.view.element);
    document.title = `${this.view.title} · LDLM console`;
    for (const link of document.querySelectorAll('nav a')) {
      const isHere =
        link.getAttribute('href') === (word === 'lock' ? '#locks' : `#${word || 'locks'}`);
      link.toggleAttribute('aria-current', isHere);
      if (isHere) {
        link.setAttribute('aria-current', 'page');
      }
    }
    this.followAnew();
  }

  /** Listens for as long as the page is there. Never resolves. */
  async #follow() {
    let retryMs = RETRY_MS;
    for (;;) {
      await visible();
      if (this.#isPaused) {
        this.#say('paused', 'Paused');
        this.#refresh();
        await aborted(this.#renewed());
        continue;
      }
      const signal = this.#renewed();
      try {
        if (!this.#isKnown) {
          await this.#enter();
        }
        await this.#link.follow(
          this.view.question,
          (event, data) => {
            retryMs = RETRY_MS;
            this.#hear(event, data);
          },
          signal,
        );
      } catch (error) {
        if (!signal.aborted) {
          this.#tellTrouble(error);
          await pause(retryMs, this.#renewed());
          retryMs = Math.min(2 * retryMs, RETRY_MS_MAX);
        }
      }
    }
  }

  /** @returns {AbortSignal} that is aborted when there is something else to hear. */
  #renewed() {
    this.#following = new AbortController();
    return this.#following.signal;
  }

  /** With the password, if that is asked. Rejects with ServerError. */
  async #enter() {
    const { asksPassword, isKnown, version } = await this.#link.ask('hello');
    fill(found('#version', HTMLElement), `ldlm ${version}`);
    if (asksPassword && !isKnown) {
      this.isLive = false;
      this.#say('away', 'Signed out');
      await signIn(this.#link);
    }
    this.#isKnown = true;
    this.#signOut.hidden = !asksPassword;
  }

  /** @param {string} event @param {any} data */
  #hear(event, data) {
    this.#clock.set(data.now);
    if (event === 'changes') {
      this.view.onChanges(data);
      if (data.isGap) {
        this.#refresh();
      }
      return;
    }
    this.isLive = true;
    this.#say('live', 'Live');
    this.#trouble.hidden = true;
    this.#place.inert = false;
    this.history.add(data);
    this.#showTotals(data);
    this.view.onStats(data);
  }

  /** Looks at the server; whoever comes to a view by keyboard is in it then. */
  #refresh() {
    const { view } = this;
    this.attempt(
      view.refresh().then(() => {
        if (this.view === view && document.activeElement === document.body) {
          view.focus();
        }
      }),
    );
  }

  /** @param {import('./rate-history.js').Stats} stats */
  #showTotals(stats) {
    fill(
      found('#totals', HTMLElement),
      ...TOTALS.map(([label, count]) =>
        element('div', {}, element('dt', {}, label), element('dd', {}, count(stats))),
      ),
    );
  }

  /** @param {unknown} error */
  #tellTrouble(error) {
    this.isLive = false;
    this.#isKnown = false;
    const { code = '', message, leader } = /** @type {any} */ (error);
    if (code === 'password-needed') {
      this.#link.forget();
      return;
    }
    this.#say('away', code === 'standby' ? 'Standing by' : 'Not connected');
    // What was shown stays to be read, but there is nobody who would do anything.
    this.#place.inert = true;
    this.#trouble.hidden = false;
    fill(this.#trouble, element('p', {}, message), code === 'standby' && leaderShown(leader));
  }

  /** @param {'live' | 'away' | 'paused'} state @param {string} text */
  #say(state, text) {
    if (this.#connection.textContent !== text) {
      this.#connection.className = state;
      fill(this.#connection, text);
    }
  }

  #tick() {
    // What may be out of date is left as it was when the server was heard of last.
    if (!document.hidden && (this.isLive || this.#isPaused)) {
      this.view.tick(this.#clock.now());
    }
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused;
    this.isLive = false;
    this.#pause.setAttribute('aria-pressed', String(this.#isPaused));
    fill(this.#pause, this.#isPaused ? 'Go on' : 'Pause');
    this.followAnew();
  }

  async #leave() {
    await this.#link.leave();
    location.reload();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { target } = event;
    const isTyping = target instanceof Element && target.matches('input, select, textarea');
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.defaultPrevented ||
      document.querySelector('dialog[open]') !== null
    ) {
      return;
    }
    if (event.key === 'Escape') {
      this.view.leave();
    } else if (event.key === '/' && !isTyping) {
      event.preventDefault();
      this.view.focusSearch();
    } else if (event.key === 'p' && !isTyping) {
      this.#togglePause();
    }
  }
}

/** @param {string | undefined} text */
function decoded(text) {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** @param {{ id: string, grpcAddress?: string, restAddress?: string } | undefined} leader */
function leaderShown(leader) {
  if (leader === undefined) {
    return element('p', {}, 'Nobody is known to lead at this moment. This page goes on by itself.');
  }
  const { id, grpcAddress, restAddress } = leader;
  return element(
    'p',
    {},
    'The leader is ',
    element('strong', {}, shownText(id)),
    grpcAddress !== undefined && element('span', {}, ', gRPC at ', shownText(grpcAddress)),
    restAddress !== undefined && element('span', {}, ', REST at ', shownText(restAddress)),
    '. Open the console on its admin address.',
  );
}

/** @param {AbortSignal} signal */
function aborted(signal) {
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** @param {number} ms @param {AbortSignal} signal */
function pause(ms, signal) {
  return Promise.race([new Promise((resolve) => setTimeout(resolve, ms)), aborted(signal)]);
}

function visible() {
  return new Promise((resolve) => {
    if (!document.hidden) {
      resolve(undefined);
      return;
    }
    const look = () => {
      if (!document.hidden) {
        document.removeEventListener('visibilitychange', look);
        resolve(undefined);
      }
    };
    document.addEventListener('visibilitychange', look);
  });
}

new ConsolePage().start();
