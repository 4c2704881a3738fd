/** Why: the page asks before it takes something away, asks for the password, and says what came of things. */
import { element, fill, found } from './elements.js';
import { ServerError } from './server-link.js';

/** How long it stays to be read. */
const NOTICE_MS = 8_000;

/** @param {string} text @param {'done' | 'failed'} [kind] */
export function notify(text, kind = 'done') {
  const notice = element('p', { class: kind }, text);
  found('#notices', HTMLElement).append(notice);
  setTimeout(() => notice.remove(), NOTICE_MS);
}

/**
 * @typedef {object} Deed
 * @property {string} title a question
 * @property {readonly (readonly [label: string, value: import('./elements.js').Child])[]} facts
 * @property {string} consequence
 * @property {string} verb what its button says
 * @property {() => Promise<string>} act resolves with what to say of it; rejects with ServerError
 */

/**
 * Asks, and acts if that is what is wanted. The button to leave it has the focus at first.
 * @param {Deed} deed
 */
export function confirmDeed({ title, facts, consequence, verb, act }) {
  if (document.querySelector('dialog[open]') !== null) {
    return;
  }
  const before = document.activeElement;
  const cancel = element('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel');
  const confirm = element('button', { type: 'button', class: 'danger', onclick: perform }, verb);
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'deed-title', 'aria-describedby': 'deed-consequence' },
    element('h2', { id: 'deed-title' }, title),
    element(
      'dl',
      { class: 'facts' },
      ...facts.flatMap(([label, value]) => [
        element('dt', { class: 'label' }, label),
        element('dd', { class: 'value' }, value),
      ]),
    ),
    element('p', { id: 'deed-consequence' }, consequence),
    element('div', { class: 'buttons' }, cancel, confirm),
  );
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) {
      before.focus();
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();

  async function perform() {
    confirm.disabled = true;
    try {
      notify(await act());
    } catch (error) {
      notify(error instanceof Error ? error.message : String(error), 'failed');
    }
    dialog.close();
  }
}

/**
 * Asks for the password until it is right.
 * @param {import('./server-link.js').ServerLink} link
 * @returns {Promise<void>}
 */
export function signIn(link) {
  for (const open of document.querySelectorAll('dialog')) {
    open.close();
  }
  return new Promise((resolve) => {
    const password = element('input', {
      type: 'password',
      id: 'password',
      autocomplete: 'current-password',
      required: true,
      'aria-describedby': 'sign-in-problem',
    });
    const problem = element('p', { id: 'sign-in-problem', role: 'alert' });
    const enter = element('button', { type: 'submit' }, 'Sign in');
    const form = element(
      'form',
      { onsubmit: submit },
      element('h2', { id: 'sign-in-title' }, 'LDLM console'),
      element('label', { for: 'password' }, 'Password of the server'),
      // Password managers file it under a name, though the server knows none.
      element('input', { autocomplete: 'username', value: 'ldlm', readonly: true, hidden: true }),
      password,
      problem,
      element('div', { class: 'buttons' }, enter),
    );
    const dialog = element(
      'dialog',
      { class: 'sign-in', 'aria-labelledby': 'sign-in-title' },
      form,
    );
    // There is nothing behind it to go back to.
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    document.body.append(dialog);
    dialog.showModal();
    password.focus();

    /** @param {Event} event */
    async function submit(event) {
      event.preventDefault();
      enter.disabled = true;
      fill(problem);
      try {
        await link.enter(password.value);
        dialog.close();
        dialog.remove();
        resolve();
      } catch (error) {
        fill(problem, error instanceof ServerError ? error.message : String(error));
        enter.disabled = false;
        password.select();
      }
    }
  });
}
