/** Why: the console is shown to work in a real browser, the one that the machine has: none is ever downloaded. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** @param args more of its command line. @throws Error that says what to install. */
export function startChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumOnPath(),
    headless: true,
    // Its sandbox needs a user other than root, which CI has not.
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...args],
  });
}

function chromiumOnPath(): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(canRun);
  if (found === undefined) {
    throw new Error(
      'these specs need Chromium, and none is on the PATH: install it (Debian: apt-get install chromium)',
    );
  }
  return found;
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A page that nobody has seen anything of, and all that it should not have done. */
export class WatchedPage {
  readonly page: Page;
  /** Requests to other places than the page's own. */
  readonly foreignRequests: string[] = [];
  /** What the browser or the page complained of; that requests were refused is told by specs themselves. */
  readonly complaints: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`)) {
        this.foreignRequests.push(request.url());
      }
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('dialog', (dialog) => {
      this.complaints.push(`a dialog of the browser's: ${dialog.message()}`);
      dialog.dismiss().catch(() => undefined);
    });
    page.on('console', (message) => {
      const isRefusal = message.text().startsWith('Failed to load resource');
      if (['error', 'warning'].includes(message.type()) && !isRefusal) {
        this.complaints.push(message.text());
      }
    });
  }

  /** @param origin such as `http://127.0.0.1:3145`; the console is opened there. */
  static async open(
    browser: Browser,
    origin: string,
    options: BrowserContextOptions = {},
  ): Promise<WatchedPage> {
    const context = await browser.newContext(options);
    const watched = new WatchedPage(await context.newPage(), origin);
    // The browser's clock is a year off: nothing is to go by it.
    await context.addInitScript(
      '{ const now = Date.now; Date.now = () => now() + 31_536_000_000; }',
    );
    await watched.page.goto(`${origin}/console/`);
    return watched;
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
