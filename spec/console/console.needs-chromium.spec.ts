/** Why: the console as an operator has it: a real server, a real browser, and clients who hold and wait meanwhile. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { type AdminAddress, openAdminAddress } from '../../bootstrap/admin-address.js';
import { defaultSettings } from '../../bootstrap/settings.js';
import { LdlmClient } from '../../client/ldlm-client.js';
import type { ServerStatus } from '../../ports/inbound/server-status.js';
import { startChromium, WatchedPage } from '../support/chromium.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';
import { steadyPort } from '../support/steady-port.js';

const PASSWORD = 'open sesame';
const CROWD = 100_000;
/** A hundred thousand locks are taken, and a browser starts, on whatever machine this is. */
const PATIENCE_MS = 120_000;

describe('The console in a browser', function () {
  this.timeout(PATIENCE_MS);
  let browser: Browser;
  let folder: SpecFolder;
  let server: ServerProcess;
  let clients: LdlmClient[];
  let opened: WatchedPage[];

  before(async () => {
    browser = await startChromium(['--host-resolver-rules=MAP rebound.example 127.0.0.1']);
  });

  after(() => browser?.close());

  beforeEach(() => {
    clients = [];
    opened = [];
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(opened.map((page) => page.close()));
    const [foreign, complaints] = [
      opened.flatMap(({ foreignRequests }) => foreignRequests),
      opened.flatMap((page) => page.complaints),
    ];
    expect(foreign, 'requests to elsewhere').to.deep.equal([]);
    expect(complaints, 'complaints of the browser').to.deep.equal([]);
  });

  async function serve(...args: readonly string[]): Promise<void> {
    folder = new SpecFolder();
    server = await ServerProcess.start(folder, ['--admin_listen_address', '127.0.0.1:0', ...args]);
  }

  async function endServer(): Promise<void> {
    await server.end('SIGKILL');
    folder.remove();
  }

  function client(name: string, password = PASSWORD): LdlmClient {
    const made = new LdlmClient({ addresses: [server.address], password, name });
    clients.push(made);
    return made;
  }

  async function open(
    options: BrowserContextOptions = {},
    host = server.adminAddress,
  ): Promise<Page> {
    const watched = await WatchedPage.open(browser, `http://${host}`, options);
    opened.push(watched);
    return watched.page;
  }

  async function signedIn(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await open(options);
    await page.getByLabel('Password of the server').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('Live', { exact: true }).waitFor();
    return page;
  }

  /** The row of a table that has that text in it. */
  function row(page: Page, text: string): Locator {
    return page.locator('tbody tr').filter({ hasText: text });
  }

  async function searched(page: Page, text: string): Promise<void> {
    await page.getByLabel('Lock', { exact: true }).fill(text);
  }

  describe('behind a password', () => {
    before(() => serve('--password', PASSWORD));
    after(endServer);

    it('asks for it, says when it is wrong, and shows the locks when it is right', async () => {
      await client('worker').lock('the one lock');
      const page = await open();
      await page.getByLabel('Password of the server').fill('guess');
      await page.keyboard.press('Enter');
      await page.getByText('The password is wrong. Try again.').waitFor();
      expect(await page.locator('tbody tr').count()).to.equal(0);
      await page.getByLabel('Password of the server').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await row(page, 'the one lock').waitFor();
    });

    it('asks again in another tab, and after signing out', async () => {
      const page = await signedIn();
      const other = await page.context().newPage();
      await other.goto(page.url());
      await other.getByLabel('Password of the server').waitFor();
      await page.getByText('Sign out').click();
      await page.getByLabel('Password of the server').waitFor();
    });

    it('shows a grant, and a waiter that is served, as they happen', async () => {
      const page = await signedIn();
      const lock = await client('first').lock('shared/report');
      await row(page, 'first').waitFor();
      const second = client('second').lock('shared/report');
      await row(page, 'shared/report').getByRole('gridcell', { name: '1', exact: true }).waitFor();
      await lock.release();
      await row(page, 'second').waitFor();
      await row(page, 'first').waitFor({ state: 'detached' });
      await (await second).release();
      await row(page, 'released').waitFor();
    });

    it('shows who waits, in order, and the time that is left by the server’s clock', async () => {
      await client('holder').lock('queue', { leaseMs: 3_600_000, renew: false });
      for (const name of ['ann', 'bob', 'cid']) {
        client(name)
          .lock('queue')
          .catch(() => undefined);
        await untilWaiting(['ann', 'bob', 'cid'].indexOf(name) + 1);
      }
      const page = await signedIn();
      await row(page, 'queue').click();
      const waiters = page.getByRole('grid', { name: 'Waiters, in order' }).locator('tbody tr');
      await waiters.nth(2).waitFor();
      const texts = await waiters.allInnerTexts();
      expect(texts.map((text) => /ann|bob|cid/.exec(text)?.[0])).to.deep.equal([
        'ann',
        'bob',
        'cid',
      ]);
      await page
        .getByRole('grid', { name: 'Holders' })
        .getByText(/^59m\d+s$/)
        .waitFor();
      // Between two answers of the server's the page reckons by itself.
      const times = await page.evaluate<readonly string[]>(TIMES_SHOWN);
      expect(times.filter((time) => !/^(?:59m\d+s|\d{1,2}s|never)$/.test(time))).to.deep.equal([]);
    });

    async function untilWaiting(count: number): Promise<void> {
      const page = opened.at(-1)?.page ?? (await signedIn());
      await page
        .locator('#totals div')
        .filter({ hasText: 'Waiting' })
        .getByText(String(count), { exact: true })
        .waitFor();
    }

    it('revokes by keyboard alone the lease that it names, and tells what came of it', async () => {
      const lock = await client('stuck').lock('ledger', { metadata: { purpose: 'closing' } });
      const next = client('next').lock('ledger');
      const page = await signedIn();
      await row(page, 'ledger').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('ledg');
      await page.keyboard.press('Enter');
      await page.locator('tbody tr:focus').filter({ hasText: 'ledger' }).waitFor();
      await page.keyboard.press('Delete');
      const dialog = page.getByRole('dialog');
      for (const text of [
        'ledger',
        'stuck',
        'closing',
        String(lock.fencingToken),
        'ends at once',
      ]) {
        await dialog.getByText(text).first().waitFor();
      }
      expect(await dialog.locator(':focus').innerText()).to.equal('Cancel');
      const lost = once(lock.signal, 'abort');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await lost;
      expect(lock.signal.reason).to.include({ code: 'lost', reason: 'revoked' });
      const { fencingToken } = await next;
      expect(fencingToken).to.be.above(lock.fencingToken);
      await page.getByRole('status').getByText('Revoked the lease on ledger.').waitFor();
      await row(page, String(fencingToken)).waitFor();
      // Whoever goes on by keyboard is where they were.
      await page.locator('tbody tr:is(:focus, :focus-within)').waitFor();
      const line = JSON.parse(await server.logged('Lock revoked by console administrator'));
      expect(line).to.deep.include({ lock: 'ledger', leases: 1 });
      expect(line.by.peer).to.match(/^127\.0\.0\.1:\d+$/);
    });

    it('opens and leaves a lock, and a dialog, by keyboard, and has the focus where it was', async () => {
      const worker = client('worker');
      await worker.lock('one');
      const lock = await worker.lock('two');
      const page = await signedIn();
      await row(page, 'two').waitFor();
      await page.locator('tbody tr').first().focus();
      await page.keyboard.press('ArrowDown');
      await page.locator('tbody tr:focus').filter({ hasText: 'one' }).waitFor();
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'two' }).waitFor();
      await page.locator('tbody tr:focus').waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').innerText()).to.equal('Revoke');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await page.locator(':focus').innerText()).to.equal('Revoke');
      await page.keyboard.press('Escape');
      await page.locator('tbody tr:focus').filter({ hasText: 'two' }).waitFor();
      expect(lock.isHeld).to.equal(true);
    });

    it('goes down from the search to what it found, and opens it', async () => {
      const worker = client('worker');
      await worker.lock('invoice');
      await worker.lock('report');
      const page = await signedIn();
      await row(page, 'invoice').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('inv');
      await row(page, 'report').waitFor({ state: 'detached' });
      await page.keyboard.press('ArrowDown');
      await page.locator('tbody tr:focus').filter({ hasText: 'invoice' }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'invoice' }).waitFor();
    });

    it('takes no button from under a finger that is about to press it', async () => {
      const lock = await client('worker').lock('pressed', { leaseMs: 60_000 });
      const page = await signedIn();
      for (const question of ['leases', 'lock']) {
        await row(page, 'worker').getByText('Revoke').hover();
        await page.mouse.down();
        await lock.renew(120_000);
        for (let looks = 0; looks < 2; looks += 1) {
          const looked = page.waitForResponse((response) =>
            response.url().endsWith(`/api/${question}`),
          );
          client('waiter')
            .lock('pressed')
            .catch(() => undefined);
          await looked;
        }
        await page.mouse.up();
        await page.getByRole('dialog').waitFor();
        await page.keyboard.press('Escape');
        await page.keyboard.press('Escape');
        await row(page, 'pressed').click();
      }
    });

    it('says so when the lease that was to be revoked is over by then, and leaves the next one', async () => {
      const lock = await client('old').lock('moved');
      const page = await signedIn();
      await row(page, 'old').getByText('Revoke').click();
      const next = client('new').lock('moved');
      await lock.release();
      const held = await next;
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.getByText('That lease is over already').waitFor();
      expect(held.isHeld).to.equal(true);
    });

    it('kicks a session, whose client hears of it', async () => {
      const kicked = client('misbehaving');
      await kicked.lock('a');
      await kicked.lock('b');
      const page = await signedIn();
      await page.getByRole('link', { name: 'Sessions' }).click();
      await page.getByLabel('Session', { exact: true }).fill('MISBEHAVING');
      await row(page, 'misbehaving').getByText('Kick').click();
      const lost = once(kicked, 'sessionLost');
      await page.getByRole('dialog').getByRole('button', { name: 'Kick' }).click();
      await page.getByRole('status').getByText('2 leases, 0 waits').waitFor();
      await lost;
      await row(page, 'misbehaving').waitFor({ state: 'detached' });
      await server.logged('Session ended by console administrator');
    });

    it('shows hostile names and owners as the text that they are', async () => {
      const hostile = client('<b>bold</b>');
      const names = [
        '<img src=x onerror="alert(1)">',
        '"><script>alert(2)</script>',
        'javascript:alert(3)',
        'evil\u202Etxt.exe',
        'two\nlines\u0007',
        'hidden\u200Bblank',
      ];
      for (const name of names) {
        await hostile.lock(name, { metadata: { purpose: '<i onclick=alert(4)>\u202E' } });
      }
      const page = await signedIn();
      await row(page, 'hidden').waitFor();
      for (const shown of [
        ...names.slice(0, 3),
        'evil\\u202etxt.exe',
        'two\\nlines\\x07',
        'hidden\\u200bblank',
      ]) {
        await page.getByRole('gridcell', { name: shown, exact: true }).first().waitFor();
      }
      expect(await page.locator('main :is(img, script, b, i)').count()).to.equal(0);
      await row(page, 'onerror').click();
      await page.getByRole('heading', { name: names[0] ?? '' }).waitFor();
      await page.getByRole('button', { name: 'Revoke' }).click();
      await page.getByRole('dialog').getByText('onerror').waitFor();
    });

    it('shows how busy the server is', async () => {
      const worker = client('worker');
      const page = await signedIn();
      await page.getByRole('link', { name: 'Rates' }).click();
      const granted = page
        .locator('figure')
        .filter({ hasText: 'Granted' })
        .getByText(/^highest: (?!0\.0|–)/);
      let isSeen = false;
      const seen = granted.waitFor().then(() => {
        isSeen = true;
      });
      while (!isSeen) {
        await (await worker.lock('busy')).release();
      }
      await seen;
      await row(page, 'busy').waitFor();
    });

    for (const colorScheme of ['light', 'dark'] as const) {
      it(`has text that stands out from its ground, ${colorScheme}`, async () => {
        await client('worker').lock('a');
        const page = await signedIn({ colorScheme });
        await row(page, 'a').waitFor();
        const contrasts = await page.evaluate(CONTRASTS);
        expect(contrasts.length).to.be.above(20);
        expect(contrasts.filter(({ ratio }) => ratio < 4.5)).to.deep.equal([]);
      });
    }

    it('has everything within 400 pixels', async () => {
      await client('worker with a rather long name').lock(`a/${'very/long/name/'.repeat(30)}`);
      const page = await signedIn({ viewport: { width: 400, height: 700 } });
      for (const [view, text] of [
        ['Locks', 'very/long'],
        ['Sessions', 'rather long'],
        ['Rates', 'very/long'],
      ] as const) {
        await page.getByRole('link', { name: view }).click();
        await row(page, text).first().waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(400);
      }
    });
  });

  describe('over 100,000 locks', () => {
    before(async () => {
      await serve('--password', PASSWORD);
      const crowd = new LdlmClient({ addresses: [server.address], password: PASSWORD });
      crowds.push(crowd);
      const names = Array.from({ length: CROWD }, (_, index) => `crowd/${index}`);
      await Promise.all(names.map((name) => crowd.lock(name)));
    });

    after(async () => {
      await endServer();
      await Promise.all(crowds.map((crowd) => crowd.close()));
    });

    const crowds: LdlmClient[] = [];

    it('finds by a piece of a name, and by a pattern, how many there are', async () => {
      const page = await signedIn();
      await page.getByText('1–200 of 100,000 leases').waitFor();
      await searched(page, 'D/4242');
      await page.getByText('1–11 of 11 leases').waitFor();
      await searched(page, 'crowd/*999');
      await page.getByText('1–100 of 100 leases').waitFor();
      await searched(page, 'crowd/99999');
      await page.getByText('1–1 of 1 leases').waitFor();
      expect(await page.locator('tbody tr').count()).to.equal(1);
    });

    it('turns the pages, there and back', async () => {
      const page = await signedIn();
      await page.getByLabel('Order').selectOption('By name');
      await row(page, 'crowd/10004').first().waitFor();
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByText('201–400 of 100,000 leases').waitFor();
      expect(await page.locator('tbody tr').count()).to.equal(200);
      await page.getByRole('button', { name: 'Previous' }).click();
      await page.getByText('1–200 of 100,000 leases').waitFor();
    });

    it('shows what is new while the list is long', async () => {
      const page = await signedIn();
      await page.getByText('1–200 of 100,000 leases').waitFor();
      const lock = await client('late').lock('the newest');
      await page.locator('tbody tr').first().getByText('the newest').waitFor();
      await page.getByText('1–200 of 100,001 leases').waitFor();
      await lock.release();
      await page.getByText('1–200 of 100,000 leases').waitFor();
    });

    it('goes on being of use while locks come and go without a pause', async () => {
      const page = await signedIn();
      const busy = client('busy');
      let isOver = false;
      const passing = Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          for (let round = 0; !isOver; round += 1) {
            await (await busy.lock(`passing/${index}/${round}`)).release();
          }
        }),
      );
      await searched(page, 'crowd/77777');
      await page.getByText('1–1 of 1 leases').waitFor();
      await page.keyboard.press('Enter');
      await page.locator('tbody tr:focus').waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'crowd/77777' }).waitFor();
      isOver = true;
      await passing;
    });
  });

  describe('without a password', () => {
    before(() => serve());
    after(endServer);

    it('is there at once on this machine', async () => {
      await client('worker', '').lock('open');
      const page = await open();
      await row(page, 'open').waitFor();
      expect(await page.getByText('Sign out').isVisible()).to.equal(false);
    });

    it('shows nothing by a name that an attacker leads to this machine', async () => {
      await client('worker', '').lock('secret name');
      const page = await open({}, server.adminAddress.replace('127.0.0.1', 'rebound.example'));
      await page.getByText('Without a password the console answers to local names alone').waitFor();
      expect(await page.getByText('secret name').count()).to.equal(0);
    });

    it('does nothing for a page of elsewhere in the same browser', async () => {
      const lock = await client('worker', '').lock('target');
      const attacker = await pageOfElsewhere();
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${(attacker.address() as AddressInfo).port}/`);
      const outcomes = await page.evaluate(ATTACK, `http://${server.adminAddress}/console/api/`);
      await context.close();
      attacker.close();
      expect(outcomes).to.deep.equal(['failed', 'opaque', 'failed']);
      expect(lock.isHeld).to.equal(true);
      expect(server.lines.filter((line) => line.includes('console administrator'))).to.deep.equal(
        [],
      );
    });
  });

  describe('when the server is away', () => {
    before(async () => {
      folder = new SpecFolder();
    });

    it('says so, goes on when it is back, and asks for the password again', async () => {
      const port = await steadyPort();
      const args = ['--password', PASSWORD, '--admin_listen_address', `127.0.0.1:${port}`];
      server = await ServerProcess.start(folder, args);
      const page = await signedIn();
      await server.end('SIGTERM');
      await page
        .getByRole('alert')
        .filter({ hasText: /The server (?:is stopping|cannot be reached)/ })
        .waitFor();
      server = await ServerProcess.start(folder, args);
      await page.getByLabel('Password of the server').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByText('Live', { exact: true }).waitFor();
      expect(await page.getByRole('alert').filter({ hasText: 'The server' }).count()).to.equal(0);
      await endServer();
    });
  });

  describe('of a process that stands by', () => {
    let admin: AdminAddress | undefined;
    let status: ServerStatus;

    beforeEach(async () => {
      status = {
        role: 'standby',
        leader: { id: 'ldlm-2 <b>', grpcAddress: '10.0.0.2:3144', restAddress: '10.0.0.2:8080' },
      };
      admin = await openAdminAddress({
        settings: defaultSettings({ adminListenAddress: { host: '127.0.0.1', port: 0 } }),
        logger: new RecordingLogger(),
        status: () => status,
        administration: () => undefined,
      });
    });

    afterEach(() => admin?.close());

    it('says that it does, and who leads', async () => {
      const page = await open({}, admin?.address ?? '');
      const alert = page.getByRole('alert').filter({ hasText: 'This server stands by' });
      for (const text of ['ldlm-2 <b>', '10.0.0.2:3144', '10.0.0.2:8080']) {
        await alert.getByText(text).first().waitFor();
      }
      status = { role: 'standby' };
      await alert.getByText('Nobody is known to lead').waitFor();
    });
  });
});

async function pageOfElsewhere(): Promise<Server> {
  const attacker = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>elsewhere</title>');
  });
  attacker.listen(0, '127.0.0.1');
  await once(attacker, 'listening');
  return attacker;
}

/** Runs in a page of elsewhere: with the console's header, without it, and with the header of a form. */
const ATTACK = async (api: string): Promise<readonly string[]> => {
  const body = '{}';
  const tries: readonly RequestInit[] = [
    { method: 'POST', body, headers: { 'X-Ldlm-Console': '1' } },
    { method: 'POST', body, mode: 'no-cors' },
    { method: 'POST', body, headers: { 'Content-Type': 'text/plain' } },
  ];
  const outcomes: string[] = [];
  for (const attempt of tries) {
    outcomes.push(
      await fetch(`${api}leases`, attempt).then(
        ({ type }) => type,
        () => 'failed',
      ),
    );
  }
  return outcomes;
};

/** Runs in the page: a dozen times that it shows from now on. */
const TIMES_SHOWN = `new Promise((resolve) => {
  const times = [];
  new MutationObserver((changes, observer) => {
    const texts = changes.map(({ target }) => target.closest?.('td')?.textContent ?? '');
    times.push(...texts.filter((text) => /^\\d+[smhd]/.test(text)));
    if (times.length > 12) {
      observer.disconnect();
      resolve(times);
    }
  }).observe(document.querySelector('main'), { subtree: true, childList: true });
})`;

/** Runs in the page: of every piece of text that is shown, how it stands out from its ground (WCAG 2.2, 1.4.3). */
const CONTRASTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const groundOf = (element) => {
    const color = rgb(getComputedStyle(element).backgroundColor);
    return color[3] > 0 || element.parentElement === null ? color : groundOf(element.parentElement);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() !== '' && element.checkVisibility() && !element.closest(':disabled, noscript')) {
      const [one, other] = [luminance(rgb(getComputedStyle(element).color)), luminance(groundOf(element))];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      found.push({ text: texts.currentNode.data, ratio });
    }
  }
  return found;
})()` as unknown as () => readonly { readonly text: string; readonly ratio: number }[];
